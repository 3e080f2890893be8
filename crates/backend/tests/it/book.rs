//! A whole book through a service in a process of its own: every line in its place, others served meanwhile, and memory
//! bounded.

use std::{fmt::Write as _, fs};

use futures_util::StreamExt as _;

use crate::{
    logs::Process,
    support::{events, json},
};

/// Lines of the book, which are a megabyte.
const LINES: usize = 10_000;
/// Where the endless sentence is.
const ENDLESS_LINE: usize = 5003;
/// What the whole process may hold at most, in megabytes: twice what it took on two cores, of which more than half was
/// there before the book.
const MOST_MEGABYTES: usize = 200;

/// Line `number` of the book. Numbers of five digits are copied by the engine if the model does not, so that each line
/// can be told by its own.
fn line(number: usize) -> String {
    let id = 10_000 + number;
    if number == ENDLESS_LINE {
        // Five thousand words.
        let words = "und wir gehen in den alten Wald und sehen dort viele ";
        return format!("In {id} {}Bäume.", words.repeat(455));
    }
    match number % 10 {
        0 => String::new(),
        1 | 6 => format!("- Der Punkt {id} auf der Liste ist sehr wichtig."),
        2 => format!("  {number}) Das Haus {id} ist alt.  Es gehört meinem Bruder."),
        3 | 8 => format!("{id}  2024-01-17  1'234.50  {}  ---", "12.5  ".repeat(36)),
        4 => format!("\tWir haben {id} Bücher gekauft, und jetzt lesen wir sie."),
        5 => format!("{}{id}", " ".repeat(120)),
        7 => format!("• Im Jahr {id} ist alles anders.\t"),
        _ => format!("Sie kennt {id} Wörter. {}", "*".repeat(90)),
    }
}

/// A figure of the process's memory, in kilobytes.
fn memory(process: &Process, name: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let figure = line.unwrap().trim_matches([':', '\t', ' ']);
    figure.split(' ').next().unwrap().parse().unwrap()
}

/// The translation that a stream of events makes of `text`.
fn put_together(text: &str, stream: &str) -> String {
    let events = events(stream);
    let ((name, _), segments) = events.split_last().unwrap();
    assert_eq!(name, "done");
    let (mut english, mut copied) = (String::with_capacity(text.len()), 0);
    for (_, segment) in segments {
        let place = |key: &str| usize::try_from(segment[key].as_u64().unwrap()).unwrap();
        english.push_str(&text[copied..place("start")]);
        english.push_str(segment["translation"].as_str().unwrap());
        copied = place("end");
    }
    english.push_str(&text[copied..]);
    english
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_keeps_its_lines_lets_others_through_and_stays_within_memory() {
    let process = tokio::task::spawn_blocking(|| Process::start("info"))
        .await
        .unwrap();
    let text = (0..LINES).fold(String::new(), |mut text, number| {
        writeln!(text, "{}", line(number)).unwrap();
        text
    });
    assert!(
        (1_000_000..1_200_000).contains(&text.len()),
        "{}",
        text.len()
    );
    let before = memory(&process, "VmHWM");
    let client = reqwest::Client::new();
    let request = client
        .post(format!("{}/translate/stream", process.url))
        .body(json(&text));
    let mut chunks = request.send().await.unwrap().bytes_stream();
    let mut stream = chunks.next().await.unwrap().unwrap().to_vec();
    assert!(stream.starts_with(b"event: segment\n"));

    // A letter comes when the book has begun, and is answered before it ends.
    let letter = client
        .post(format!("{}/translate", process.url))
        .body(json("Guten Morgen!"));
    let letter = tokio::spawn(async move { letter.send().await.unwrap().text().await.unwrap() });
    let mut before_letter = stream.len();
    while let Some(chunk) = chunks.next().await {
        stream.extend(chunk.unwrap());
        if !letter.is_finished() {
            before_letter = stream.len();
        }
    }
    assert_eq!(letter.await.unwrap(), r#"{"text_en":"Good morning!"}"#);
    let whole = stream.len();
    assert!(
        before_letter < whole / 2,
        "the letter was answered after {before_letter} of {whole} bytes of the book"
    );

    let english = put_together(&text, &String::from_utf8(stream).unwrap());
    let (german, english): (Vec<_>, Vec<_>) =
        (text.split('\n').collect(), english.split('\n').collect());
    assert_eq!(english.len(), german.len());
    for (number, (german, english)) in german.into_iter().zip(english).enumerate() {
        let has_words = german.contains(char::is_alphabetic);
        assert_eq!(
            english != german,
            has_words,
            "{number}: {german}: {english}"
        );
        let id = (10_000 + number).to_string();
        assert_eq!(
            english.contains(&id),
            german.contains(&id),
            "{number}: {german}: {english}"
        );
        let indent = |line: &str| line.len() - line.trim_start().len();
        assert_eq!(
            indent(english),
            indent(german),
            "{number}: {german}: {english}"
        );
    }

    let most = memory(&process, "VmHWM");
    println!(
        "memory: {} MB before the book, {} MB at most",
        before / 1000,
        most / 1000
    );
    assert!(most / 1000 < MOST_MEGABYTES, "{most} kB at most");
    process.terminate();
    let (code, log) = tokio::task::spawn_blocking(|| process.end()).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(!log.contains("panicked"), "{log}");
}
