use serde_json::json;

use super::*;
use crate::history::AtomChecks;

fn accepted(text: &str, at: i64) -> Accepted<&str> {
    Accepted {
        id: Uuid::now_v7(),
        created_at: Timestamp::from_microsecond(at).expect("a time"),
        text,
        wrapped: false,
        file: None,
    }
}

fn owned(accepted: &Accepted<&str>) -> Accepted<String> {
    Accepted {
        id: accepted.id,
        created_at: accepted.created_at,
        text: accepted.text.to_owned(),
        wrapped: accepted.wrapped,
        file: accepted.file.clone(),
    }
}

fn translation(accepted: &Accepted<&str>) -> Translation {
    Translation {
        public_id: accepted.id,
        text_de: accepted.text.to_owned(),
        text_en: "Yes\0".to_owned(),
        wrapped: false,
        file_name: None,
        created_at: Some(accepted.created_at),
        model: None,
        duration_ms: Some(1),
        sentences: Some(1),
        spans: format!("0 {} 0 3", accepted.text.len()).parse().ok(),
        flags: "0:looped,positioned".to_owned().into(),
        atoms: AtomChecks::default(),
    }
}

fn spool() -> (tempfile::TempDir, Spool) {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = Spool::new(folder.path());
    (folder, spool)
}

#[test]
fn records_are_read_in_order_of_submission() {
    let (_folder, spool) = spool();
    assert_eq!(spool.read().expect("nothing yet"), []);
    let texts = [
        accepted("\0'ü\u{1F600}", 3),
        accepted("b", 2),
        accepted("c", 1),
    ];
    for text in &texts {
        spool.accept(text).expect("written");
    }
    let [last, middle, first] = &texts;
    spool.cancel(first.id).expect("renamed");
    spool.finish(&translation(middle)).expect("written");
    let expected = [
        Record::Cancelled(owned(first)),
        Record::Finished(translation(middle)),
        Record::Unfinished(owned(last)),
    ];
    assert_eq!(spool.read().expect("read"), expected);
    spool.resume(first.id).expect("renamed");
    spool.resume(first.id).expect("is so");
    spool.remove(middle.id).expect("removed");
    spool.remove(last.id).expect("removed");
    assert_eq!(
        spool.read().expect("read"),
        [Record::Unfinished(owned(first))]
    );
}

#[test]
fn a_wrapped_text_stays_so_and_others_are_not() {
    let (folder, spool) = spool();
    let mut wrapped = accepted("Ein\nSatz.", 2);
    wrapped.wrapped = true;
    spool.accept(&wrapped).expect("written");
    // As versions write it that did not join lines.
    let old = accepted("Ein Satz.", 1);
    let record = json!({"id": old.id, "created_at": old.created_at, "text": old.text});
    let path = folder.path().join(FOLDER).join(format!("{}.text", old.id));
    fs::write(path, record.to_string()).expect("written");
    let expected = [&old, &wrapped].map(|text| Record::Unfinished(owned(text)));
    assert_eq!(spool.read().expect("read"), expected);
    spool.fail(wrapped.id).expect("renamed");
    assert!(spool.text(wrapped.id).expect("read").wrapped);
}

#[test]
fn a_failed_text_is_read_completely_on_demand() {
    let (_folder, spool) = spool();
    let text = "lang ".repeat(EXCERPT_CHARS);
    let text = accepted(&text, 1);
    spool.accept(&text).expect("written");
    spool.fail(text.id).expect("renamed");
    let [Record::Failed(start)] = &spool.read().expect("read")[..] else {
        panic!("not one failed text");
    };
    assert_eq!(start.text, text.text[..EXCERPT_CHARS]);
    assert_eq!(spool.text(text.id).expect("read"), owned(&text));
    spool.resume(text.id).expect("renamed");
    assert_eq!(
        spool.read().expect("read"),
        [Record::Unfinished(owned(&text))]
    );
}

#[test]
fn files_that_the_system_cannot_read_stay_where_they_are() {
    let (folder, spool) = spool();
    // A folder cannot be read as a file.
    let path = folder
        .path()
        .join(FOLDER)
        .join(format!("{}.text", Uuid::now_v7()));
    fs::create_dir_all(&path).expect("a folder");
    assert_eq!(spool.read().expect("read"), []);
    assert!(path.exists());
}

#[test]
fn a_result_takes_precedence_over_its_text() {
    let (_folder, spool) = spool();
    let text = accepted("ja", 1);
    spool.finish(&translation(&text)).expect("written");
    spool.accept(&text).expect("as if it had not been removed");
    assert_eq!(
        spool.read().expect("read"),
        [Record::Finished(translation(&text))]
    );
    spool.remove(text.id).expect("removed");
    assert_eq!(spool.read().expect("read"), []);
}

#[test]
fn damaged_files_are_set_aside_and_incomplete_ones_removed() {
    let (folder, spool) = spool();
    let (torn, whole) = (accepted("verloren", 1), accepted("ganz", 2));
    spool.accept(&torn).expect("written");
    spool.accept(&whole).expect("written");
    let folder = folder.path().join(FOLDER);
    let path = folder.join(format!("{}.text", torn.id));
    let bytes = fs::read(&path).expect("read");
    fs::write(&path, &bytes[..bytes.len() - 3]).expect("written");
    let new = folder.join(format!("{}.text.new", Uuid::now_v7()));
    fs::write(&new, "half").expect("written");
    fs::copy(
        folder.join(format!("{}.text", whole.id)),
        folder.join("x.text"),
    )
    .expect("copied");
    assert_eq!(
        spool.read().expect("read"),
        [Record::Unfinished(owned(&whole))]
    );
    assert!(!new.exists());
    assert!(folder.join("x.text.corrupt").exists());
    assert_eq!(
        fs::read(folder.join(format!("{}.text.corrupt", torn.id))).expect("kept"),
        bytes[..bytes.len() - 3]
    );
    assert_eq!(spool.read().expect("read again").len(), 1);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("written");
    assert!(Spool::new(&file).accept(&accepted("x", 1)).is_err());
}

/// Returns a spool whose only file is a result as the first version wrote it, with that file's path
/// and content.
fn first_result() -> (tempfile::TempDir, Spool, PathBuf, serde_json::Value) {
    let (folder, spool) = spool();
    let id = Uuid::now_v7();
    let result = json!({
        "public_id": id,
        "text_de": "Ja.",
        "text_en": "Yes.",
        "created_at": "2026-01-31T12:00:00.000123Z",
        "model": "opus-mt-de-en",
        "duration_ms": 5,
        "sentences": 1,
        "spans": "0 3 0 4",
    });
    let path = folder.path().join(FOLDER).join(format!("{id}.{RESULT}"));
    fs::create_dir_all(folder.path().join(FOLDER)).expect("a folder");
    fs::write(&path, result.to_string()).expect("written");
    (folder, spool, path, result)
}

fn read_result(spool: &Spool) -> Translation {
    let records = spool.read().expect("read");
    let [Record::Finished(translation)] = &records[..] else {
        panic!("not a result: {records:?}");
    };
    translation.clone()
}

#[test]
fn results_of_the_first_version_are_read() {
    let (_folder, spool, ..) = first_result();
    let translation = read_result(&spool);
    assert_eq!(translation.text_en, "Yes.");
    assert!(translation.flags.is_empty() && translation.spans.is_some());
    assert!(translation.atoms.is_empty());
}

#[test]
fn results_of_a_later_version_are_read() {
    let (_folder, spool, path, mut result) = first_result();
    result["flags"] = json!("0:garbled,looped");
    result["alignment"] = json!([[0, 0]]);
    fs::write(&path, result.to_string()).expect("written");
    assert_eq!(read_result(&spool).flags.to_string(), "0:looped");
}

#[test]
fn damaged_flags_are_dropped() {
    let (_folder, spool, path, mut result) = first_result();
    for damaged in [json!("0 looped"), json!(null), json!({"0": "looped"})] {
        result["flags"] = damaged.clone();
        result["atoms"] = damaged;
        fs::write(&path, result.to_string()).expect("written");
        let translation = read_result(&spool);
        assert!(translation.flags.is_empty() && translation.atoms.is_empty());
        assert_eq!(translation.text_en, "Yes.");
    }
}

#[test]
fn the_first_version_reads_our_results() {
    /// A result as the first version reads it.
    #[derive(Deserialize)]
    struct First {
        public_id: Uuid,
        text_de: String,
        text_en: String,
        created_at: Option<Timestamp>,
        model: Option<String>,
        duration_ms: Option<u64>,
        sentences: Option<u32>,
        spans: Option<String>,
    }
    let (_folder, spool) = spool();
    let translation = translation(&accepted("Ja", 1));
    spool.finish(&translation).expect("written");
    let read: First = read(&spool.path(translation.public_id, RESULT)).expect("read");
    let again = Translation {
        public_id: read.public_id,
        text_de: read.text_de,
        text_en: read.text_en,
        wrapped: translation.wrapped,
        file_name: translation.file_name.clone(),
        created_at: read.created_at,
        model: read.model,
        duration_ms: read.duration_ms,
        sentences: read.sentences,
        spans: read.spans.and_then(|spans| spans.parse().ok()),
        flags: translation.flags.clone(),
        atoms: translation.atoms.clone(),
    };
    assert_eq!(again, translation);
}
