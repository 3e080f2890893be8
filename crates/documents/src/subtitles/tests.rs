use crate::{
    Kind,
    fixture::{assert_robust, assert_unchanged, reverse, shout, texts, translated},
};

/// A file of `SubRip` with one cue per text, one after the other.
fn srt(cues: &[&str]) -> String {
    let cue = |(index, text): (usize, &&str)| {
        let times = format!("00:00:{index:02},000 --> 00:00:{index:02},900");
        format!("{}\n{times}\n{text}\n\n", index + 1)
    };
    cues.iter().enumerate().map(cue).collect()
}

/// Translates cues of `SubRip` to capitals and returns their texts.
fn shouted(cues: &[&str]) -> Vec<String> {
    let file = translated(Kind::Srt, srt(cues), shout);
    let blocks = file.trim_end().split("\n\n");
    blocks
        .map(|block| block.splitn(3, '\n').nth(2).unwrap_or_default().to_owned())
        .collect()
}

const VTT: &str = "\u{feff}WEBVTT - Film\nLanguage: de\n\nNOTE\nnicht übersetzen\n\nSTYLE\n::cue(b) {}\n\n\
                   Vorspann\n00:01.000 --> 00:02.000 line:0 align:start\n<v Anna>Tee &amp; Kaffee,\n\
                   bitte.\n\n00:00:03.000 --> 00:00:04.000\n<c.gelb>Jetzt</c> <00:00:03.500>gleich?\n";

#[test]
fn sentences_are_units() {
    let cues = [
        "Das ist ein Satz.",
        "Und das ist",
        "einer über",
        "drei Zeilen.",
        "♪ Lied ♪",
    ];
    let units = [
        "Das ist ein Satz.",
        "Und das ist einer über drei Zeilen.",
        "♪ Lied ♪",
    ];
    assert_eq!(texts(Kind::Srt, srt(&cues)), units);
    assert_eq!(
        texts(Kind::Vtt, VTT),
        ["Tee & Kaffee, bitte.", "Jetzt gleich?"]
    );
}

#[test]
fn a_pause_or_a_speaker_ends_a_sentence() {
    let pause = "1\n00:00:01,000 --> 00:00:02,000\nIch wollte\n\n\
                 2\n00:00:03,501 --> 00:00:04,000\nnur sagen\n\n";
    assert_eq!(texts(Kind::Srt, pause), ["Ich wollte", "nur sagen"]);
    assert_eq!(
        texts(Kind::Srt, pause.replace("3,501", "3,500")),
        ["Ich wollte nur sagen"]
    );
    let voices = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v A>Ich wollte\n\n\
                  00:02.000 --> 00:03.000\n<v B>nur sagen\n";
    assert_eq!(texts(Kind::Vtt, voices), ["Ich wollte", "nur sagen"]);
    assert_eq!(
        texts(Kind::Vtt, voices.replace("<v B>", "<v A>")),
        ["Ich wollte nur sagen"]
    );
}

#[test]
fn everything_but_the_text_stays_byte_for_byte() {
    assert_unchanged(Kind::Vtt, VTT.as_bytes());
    let english = translated(Kind::Vtt, VTT, shout);
    let expected = VTT
        .replace("Tee &amp; Kaffee,\nbitte.", "TEE &amp; KAFFEE, BITTE.")
        .replace("Jetzt", "JETZT")
        .replace("gleich?", "GLEICH?");
    assert_eq!(english, expected);
    let dos = srt(&["Eins <i>zwei</i>", "- Drei.\n- Vier."]).replace('\n', "\r\n");
    assert_unchanged(Kind::Srt, dos.as_bytes());
    let english = translated(Kind::Srt, &dos, shout);
    let expected = dos
        .replace("Eins <i>zwei", "EINS <i>ZWEI")
        .replace("Drei", "DREI")
        .replace("Vier", "VIER");
    assert_eq!(english, expected);
}

#[test]
fn a_sentence_returns_to_the_cues_that_it_came_from() {
    let cues = [
        "Ich habe den Mann,",
        "der gestern im Zug",
        "neben mir saß, gesehen.",
    ];
    let shouted = shouted(&cues);
    let expected: Vec<String> = cues.iter().map(|cue| cue.to_uppercase()).collect();
    assert_eq!(shouted, expected);
    // In another order, every cue still gets words.
    let reversed = translated(Kind::Srt, srt(&cues), reverse);
    assert_eq!(reversed.split("\n\n").count(), 4, "{reversed}");
    assert!(!reversed.contains("900\n\n"), "{reversed}");
    assert!(reversed.contains("900\nGESEHEN.\n"), "{reversed}");
}

#[test]
fn lines_of_dialogue_stay_lines() {
    assert_eq!(
        shouted(&[
            "- Wo ist er?\n- Da, bei\nden anderen.",
            "<i>– Ja.</i>",
            "-Nein!\n-Doch!"
        ]),
        [
            "- WO IST ER?\n- DA, BEI DEN ANDEREN.",
            "<i>– JA.</i>",
            "-NEIN!\n-DOCH!"
        ]
    );
}

#[test]
fn tags_stay_with_their_words() {
    assert_eq!(
        shouted(&[
            "{\\an8}Das ist <i>sehr</i> schön.",
            "<i>Alles\nist schief.</i>",
            "Ein <i>offenes Tag.",
            "Ein </i>Ende.",
            "<font color=\"#fff\">Weiß</font> & <b>fett</b>",
            "1 < 2 und {so}",
        ]),
        [
            "{\\an8}DAS IST <i>SEHR</i> SCHÖN.",
            "<i>ALLES IST SCHIEF.</i>",
            "EIN <i>OFFENES TAG.",
            "EIN </i>ENDE.",
            "<font color=\"#fff\">WEISS</font> & <b>FETT</b>",
            "1 < 2 UND {SO}",
        ]
    );
}

#[test]
fn tags_over_a_cut_are_closed_and_opened_again() {
    let swap: crate::fixture::Translator = |words| {
        let mut words = crate::fixture::shout(words);
        words.swap(0, 3);
        words
    };
    let file = srt(&["eins <i>zwei", "drei</i> vier."]);
    assert_eq!(texts(Kind::Srt, &file).len(), 1);
    assert!(translated(Kind::Srt, &file, swap).contains("</i>"));
    let file = srt(&["eins <i>zwei und</i>", "<b>drei vier</b> fünf."]);
    let english = translated(Kind::Srt, &file, reverse);
    for tag in ["i", "b"] {
        let count = |tag: String| english.matches(&tag).count();
        assert!(count(format!("<{tag}>")) > 0, "{english}");
        assert_eq!(
            count(format!("<{tag}>")),
            count(format!("</{tag}>")),
            "{english}"
        );
    }
}

#[test]
fn lines_are_balanced_and_at_most_42_characters_wide() {
    let short = "Das ist ein kurzer Satz\nauf zwei Zeilen.";
    assert_eq!(
        shouted(&[short]),
        ["DAS IST EIN KURZER SATZ AUF ZWEI ZEILEN."]
    );
    let long = "Das hier ist ein ziemlich langer Satz, der nicht auf eine Zeile passt.";
    let shouted = shouted(&[long]);
    let widths: Vec<usize> = shouted[0]
        .lines()
        .map(|line| line.chars().count())
        .collect();
    assert_eq!(widths.len(), 2, "{shouted:?}");
    assert!(widths.iter().all(|width| *width <= 42), "{shouted:?}");
    assert!(widths[0].abs_diff(widths[1]) <= 10, "{shouted:?}");
}

#[test]
fn no_more_than_a_few_cues_are_joined() {
    let cues = vec!["ohne Punkt"; 100];
    let units = texts(Kind::Srt, srt(&cues));
    assert!(units.len() >= 100 / super::MAX_CUES, "{}", units.len());
    let long = "viel Text ".repeat(100);
    assert_eq!(texts(Kind::Srt, srt(&["eins", &long])).len(), 2);
}

#[test]
fn deep_and_many_tags_take_no_time() {
    for tag in ["<i>", "</i>", "<v A>", "{\\an8}", "{\\", "<"] {
        let text = format!("{}Ein Wort.{}", tag.repeat(50_000), "</i>".repeat(50_000));
        let file = srt(&[&text]);
        assert_unchanged(Kind::Srt, file.as_bytes());
        assert!(translated(Kind::Srt, &file, shout).contains("WORT."));
    }
}

#[test]
fn damaged_files_are_kept() {
    let file = srt(&["Eins <i>zwei</i>,", "drei\nvier.", "- Fünf.\n- Sechs."]);
    assert_robust(Kind::Srt, file.as_bytes());
    assert_robust(Kind::Vtt, VTT.as_bytes());
    assert_unchanged(Kind::Srt, b"kein Untertitel");
}
