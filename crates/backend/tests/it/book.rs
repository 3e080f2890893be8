//! A book through a service in its own process: every line stays in its place, other requests are
//! served meanwhile, and memory is bounded.

use std::{fmt::Write as _, fs};

use futures_util::StreamExt as _;

use crate::{
    logs::Process,
    support::{events, json},
};

/// Lines of the book, a megabyte in total.
const LINES: usize = 10_000;
/// Number of the line with a sentence of five thousand words.
const LONG_LINE: usize = 5003;
/// Maximum memory of the process, in megabytes: twice the figure measured on two cores, of which more
/// than half was in use before the book.
const MAX_MEGABYTES: usize = 200;

/// Returns line `number` of the book, with an id. The engine copies numbers of five digits even if the
/// model does not, so each line can be identified.
fn line(number: usize) -> String {
    let id = 10_000 + number;
    if number == LONG_LINE {
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

/// Returns a figure of the process's memory, in kilobytes.
fn memory(process: &Process, name: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let figure = line.unwrap().trim_matches([':', '\t', ' ']);
    figure.split(' ').next().unwrap().parse().unwrap()
}

/// Returns the translation of `text` from a stream of events.
fn joined(text: &str, stream: &str) -> String {
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

    // A letter that is sent while the book runs is answered before its end.
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

    let english = joined(&text, &String::from_utf8(stream).unwrap());
    let (german, english): (Vec<_>, Vec<_>) =
        (text.split('\n').collect(), english.split('\n').collect());
    assert_eq!(english.len(), german.len());
    for (number, (german, english)) in german.into_iter().zip(english).enumerate() {
        let has_words = german.contains(char::is_alphabetic);
        // Numbers are in English style.
        let copied = german.replace('\'', ",");
        assert_eq!(
            english != copied,
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

    let peak = memory(&process, "VmHWM");
    println!(
        "memory: {} MB before the book, {} MB at the peak",
        before / 1000,
        peak / 1000
    );
    assert!(peak / 1000 < MAX_MEGABYTES, "{peak} kB at the peak");
    process.terminate();
    let (code, log) = tokio::task::spawn_blocking(|| process.end()).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(!log.contains("panicked"), "{log}");
}
