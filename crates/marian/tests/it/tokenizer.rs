//! The tokeniser compared with the `sentencepiece` library (`scripts/oracle/tokens.py`), and its
//! errors.

use std::fs;
use std::path::Path;

use marian::{Config, Error, Tokenizer};

use crate::{data, demo};

fn load(model: &Path) -> Tokenizer {
    Tokenizer::load(model, &Config::load(model).unwrap()).unwrap()
}

fn compare(tokenizer: &Tokenizer, answers: &Path) {
    let answers: Vec<(String, Vec<u32>)> =
        serde_json::from_slice(&fs::read(answers).unwrap()).unwrap();
    assert!(answers.len() > 100);
    for (line, ids) in answers {
        assert_eq!(tokenizer.encode(&line).ids, ids, "{line:?}");
    }
}

#[test]
fn ids_equal_those_of_sentencepiece() {
    compare(&load(&demo()), &data("tokens.json"));
}

#[test]
fn ids_come_from_the_vocabulary_of_a_pair_with_different_models() {
    compare(&load(&data("odd-pair")), &data("odd-pair/tokens.json"));
}

#[test]
fn target_text_comes_from_the_vocabulary() {
    let pair = load(&data("odd-pair"));
    let vocabulary: serde_json::Value =
        serde_json::from_slice(&fs::read(data("odd-pair/vocab.json")).unwrap()).unwrap();
    let id = |piece: &str| u32::try_from(vocabulary[piece].as_u64().unwrap()).unwrap();
    let ids = [
        id("<pad>"),
        id("▁the"),
        id("<unk>"),
        id("s"),
        id("▁of"),
        id("</s>"),
    ];
    assert_eq!(pair.decode(&ids), "thes of");
    assert_eq!(pair.decode(&[]), "");
    assert_eq!(pair.decode(&[9_999]), "");
}

#[test]
fn special_marks_in_the_text_are_text() {
    let tokenizer = load(&demo());
    let config = Config::load(&demo()).unwrap();
    for mark in ["</s>", "<unk>", "<pad>", "<s>"] {
        let ids = tokenizer.encode(&format!("Das ist {mark} gut. {mark}")).ids;
        assert_eq!(
            ids.iter().filter(|&&id| id == config.eos_token_id).count(),
            1,
            "{mark}"
        );
        assert!(!ids.contains(&config.pad_token_id), "{mark}");
    }
    let code = tokenizer.encode(">>de<< Hallo");
    assert!(code.ids.len() > 4);
}

#[test]
fn decomposed_letters_are_composed_first() {
    let tokenizer = load(&demo());
    assert_eq!(
        tokenizer.encode("fu\u{308}r die Bu\u{308}rger").ids,
        tokenizer.encode("für die Bürger").ids
    );
}

#[test]
fn unknown_characters_keep_their_text() {
    let encoding = load(&demo()).encode("Das ist 🙂🙂 gut, 東京.");
    let unknown: Vec<&str> = encoding.unknown().map(|(_, text)| text).collect();
    assert_eq!(unknown, ["🙂🙂", "東京"]);
    assert_eq!(encoding.ids.len(), encoding.spans.len() + 1);
    // The spans cover the text in order.
    assert!(
        encoding
            .spans
            .windows(2)
            .all(|pair| pair[0].end <= pair[1].start)
    );
    assert_eq!(encoding.spans.last().unwrap().end, encoding.text.len());
}

#[test]
fn what_is_encoded_decodes_to_itself() {
    let tokenizer = load(&demo());
    for text in [
        "Guten Morgen! Wie geht es dir?",
        "Er sagte: „Nein“ – und ging.",
    ] {
        assert_eq!(tokenizer.decode(&tokenizer.encode(text).ids), text);
    }
    assert_eq!(tokenizer.encode("").ids, tokenizer.encode(" \t\n").ids);
}

/// Loads a copy of the made-up pair after `change`, which may break something; returns the error
/// message.
fn complaint(change: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "vocab.json", "source.spm", "target.spm"] {
        fs::copy(data("odd-pair").join(file), folder.path().join(file)).unwrap();
    }
    let config = Config::load(folder.path()).unwrap();
    change(folder.path());
    match Tokenizer::load(folder.path(), &config) {
        Ok(_) => String::new(),
        Err(error @ Error::File { .. }) => error.to_string(),
        Err(error) => panic!("not about a file: {error}"),
    }
}

#[test]
fn a_missing_or_broken_file_is_named() {
    assert_eq!(complaint(|_| ()), "");
    for file in ["source.spm", "target.spm", "vocab.json"] {
        let missing = complaint(|folder| fs::remove_file(folder.join(file)).unwrap());
        assert!(missing.contains(file), "{missing}");
        let whole = fs::read(data("odd-pair").join(file)).unwrap();
        // Cut anywhere, including between two messages of the protobuf.
        for length in (0..whole.len()).step_by(7) {
            let cut = complaint(|folder| fs::write(folder.join(file), &whole[..length]).unwrap());
            assert!(cut.contains(file), "{file} of {length} bytes: {cut:?}");
        }
    }
}

#[test]
fn files_of_different_models_are_refused() {
    let other = complaint(|folder| {
        fs::copy(demo().join("source.spm"), folder.join("source.spm")).unwrap();
    });
    assert!(
        other.contains("source.spm") && other.contains("different models"),
        "{other}"
    );
    let bigger = complaint(|folder| {
        fs::copy(demo().join("vocab.json"), folder.join("vocab.json")).unwrap();
    });
    assert!(
        bigger.contains("vocab.json") && bigger.contains("config.json says"),
        "{bigger}"
    );
    let twice = complaint(|folder| {
        fs::write(folder.join("vocab.json"), r#"{"</s>": 0, "<unk>": 0}"#).unwrap();
    });
    assert!(twice.contains("two pieces have id 0"), "{twice}");
}

#[test]
fn a_broken_character_map_does_not_panic() {
    // The character map comes after the pieces: damage the second half of the file, a few bytes at
    // a time.
    let whole = fs::read(data("odd-pair").join("source.spm")).unwrap();
    let config = Config::load(&data("odd-pair")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for file in ["vocab.json", "target.spm"] {
        fs::copy(data("odd-pair").join(file), folder.path().join(file)).unwrap();
    }
    let mut loaded = 0;
    for at in (whole.len() / 2..whole.len()).step_by(13) {
        let mut broken = whole.clone();
        broken[at..(at + 8).min(whole.len())].fill(0xa5);
        fs::write(folder.path().join("source.spm"), broken).unwrap();
        if let Ok(tokenizer) = Tokenizer::load(folder.path(), &config) {
            loaded += 1;
            let _ = tokenizer.encode("Äpfel ½ ﬁ ª\u{300} \u{3000} 東京 🙂 \0");
        }
    }
    assert!(loaded > 10, "only {loaded} of the damaged files loaded");
}
