//! The event that carries one translated sentence, and its flags.

use std::borrow::Cow;
use std::ops::Range;
use std::str::FromStr;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// One translated sentence of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Wire", from = "Wire")]
pub struct SegmentEvent {
    /// Number of the sentence in the text, from 0.
    pub index: usize,
    /// Byte offset of its first byte in the source (UTF-8).
    pub start: usize,
    /// Byte offset past its last byte in the source.
    pub end: usize,
    /// The sentence in the target language.
    pub translation: String,
    /// Number of sentences finished so far, this one included.
    pub done: usize,
    /// Number of sentences in the whole text.
    pub total: usize,
    /// Notes on the translation; usually empty. On the wire they are in two fields.
    pub flags: Vec<Flag>,
    /// Check of the numbers and references in the sentence. On the wire it is in two fields.
    pub atoms: AtomCheck,
    /// Links between the words of the translation and those of the sentence, in the order of the
    /// translation; empty unless the request asks for them.
    pub links: Vec<WordLink>,
}

/// A word of a translation, and a word of its sentence that it comes from. A word of the translation
/// may have several links, the strongest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "[usize; 5]", from = "[usize; 5]")]
pub struct WordLink {
    /// Byte range of the word in the translation.
    pub target: Range<usize>,
    /// Byte range of the word in the sentence, counted from [`SegmentEvent::start`].
    pub source: Range<usize>,
    /// Share of the attention that the model paid to it for this word of the translation, in
    /// percent; 100 for a word that was copied.
    pub percent: u8,
}

impl From<WordLink> for [usize; 5] {
    fn from(link: WordLink) -> Self {
        let WordLink {
            target,
            source,
            percent,
        } = link;
        let percent = usize::from(percent);
        [target.start, target.end, source.start, source.end, percent]
    }
}

impl From<[usize; 5]> for WordLink {
    fn from([start, end, source_start, source_end, percent]: [usize; 5]) -> Self {
        Self {
            target: start..end,
            source: source_start..source_end,
            percent: u8::try_from(percent).unwrap_or(u8::MAX),
        }
    }
}

/// Result of the check of a sentence's atoms: numbers, references and other parts that must not
/// change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtomCheck {
    /// Number of atoms in the source.
    pub found: usize,
    /// Number of those that the translation holds.
    pub kept: usize,
    /// Differences between the atoms of the source and those of the translation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<LostAtom>,
}

/// A difference between the atoms of a sentence and those of its translation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LostAtom {
    /// Atom of the source that the translation does not hold, such as `19,99 EUR`; absent if the
    /// translation holds something that comes from nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Text in its place in the translation, such as `199 EUR`; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// A note on the translation of one sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The sentence was too long for the model and was translated in pieces.
    Split,
    /// The model repeated itself, and trying again did not help: the translation may be poor.
    Looped,
    /// Characters unknown to the model were copied into the translation.
    Unknown,
    /// A passage that was copied as it is, such as a web address or an unknown character, stands
    /// where its position in the source suggests, because the engine does not align words; or
    /// numbers stand side by side that the source has apart.
    Positioned,
    /// A number, a reference or another part that must not change could not be kept.
    Atoms,
}

/// A name that belongs to no flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFlag;

impl Flag {
    /// Every flag.
    pub const ALL: [Self; 5] = [
        Self::Split,
        Self::Looped,
        Self::Unknown,
        Self::Positioned,
        Self::Atoms,
    ];

    /// Returns its name, the same on the wire and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Looped => "looped",
            Self::Unknown => "unknown",
            Self::Positioned => "positioned",
            Self::Atoms => "atoms",
        }
    }

    /// Returns whether every frontend knows it: the first ones fail on any other name in `flags`.
    const fn is_known_to_all(self) -> bool {
        matches!(self, Self::Split | Self::Looped | Self::Unknown)
    }
}

impl FromStr for Flag {
    type Err = UnknownFlag;

    fn from_str(name: &str) -> Result<Self, UnknownFlag> {
        let mut all = Self::ALL.into_iter();
        all.find(|flag| flag.name() == name).ok_or(UnknownFlag)
    }
}

/// One translated sentence of a stream, in source order. The bytes of the source between two
/// sentences are gaps: they stand in the translation as they are.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = SegmentEvent)]
struct Wire {
    /// Number of the sentence in the text, from 0.
    index: usize,
    /// Byte offset of its first byte in the source (UTF-8).
    start: usize,
    /// Byte offset past its last byte in the source.
    end: usize,
    /// The sentence in the target language.
    translation: String,
    /// Number of sentences finished so far, this one included.
    done: usize,
    /// Number of sentences in the whole text.
    total: usize,
    /// Notes on the translation; usually empty. Only `split`, `looped` and `unknown`: the first
    /// clients accept no other name here.
    #[serde(default, deserialize_with = "known")]
    #[schema(required = true)]
    flags: Vec<Flag>,
    /// Notes of all other kinds; absent if there are none. More kinds may be added: ignore names
    /// that you do not know.
    #[serde(
        default,
        deserialize_with = "known",
        skip_serializing_if = "Vec::is_empty"
    )]
    more_flags: Vec<Flag>,
    /// Numbers, references and other parts of the sentence that must not change; absent if there are
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    atoms: Option<AtomCounts>,
    /// Differences between the atoms of both; absent if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lost: Vec<LostAtom>,
    /// Words of the translation with the words of the sentence that they come from, each as
    /// `[target_start, target_end, source_start, source_end, percent]`: byte offsets in `translation`
    /// and, from `start`, in the source; share of the model's attention. A word of the translation
    /// has up to three, the strongest first. Absent unless the request has `links`, and for sentences
    /// over several lines; words after the first 64 KiB of a sentence have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<[usize; 5]>)]
    links: Vec<WordLink>,
}

/// Numbers of atoms: parts of a sentence that must not change.
#[derive(Serialize, Deserialize, ToSchema)]
struct AtomCounts {
    /// Number of atoms in the source.
    found: usize,
    /// Number of those that the translation holds.
    kept: usize,
}

/// Reads the flags of a list whose names are known.
fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Flag>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Entry {
        Known(Flag),
        Other(IgnoredAny),
    }
    let entries = Vec::<Entry>::deserialize(deserializer)?;
    let known = entries.into_iter().filter_map(|entry| match entry {
        Entry::Known(flag) => Some(flag),
        Entry::Other(IgnoredAny) => None,
    });
    Ok(known.collect())
}

impl From<SegmentEvent> for Wire {
    fn from(event: SegmentEvent) -> Self {
        let (flags, more_flags) = event.flags.iter().partition(|flag| flag.is_known_to_all());
        let AtomCheck { found, kept, lost } = event.atoms;
        Self {
            index: event.index,
            start: event.start,
            end: event.end,
            translation: event.translation,
            done: event.done,
            total: event.total,
            flags,
            more_flags,
            atoms: (found > 0).then_some(AtomCounts { found, kept }),
            lost,
            links: event.links,
        }
    }
}

impl From<Wire> for SegmentEvent {
    fn from(wire: Wire) -> Self {
        let mut flags = wire.flags;
        for flag in wire.more_flags {
            if !flags.contains(&flag) {
                flags.push(flag);
            }
        }
        Self {
            index: wire.index,
            start: wire.start,
            end: wire.end,
            translation: wire.translation,
            done: wire.done,
            total: wire.total,
            flags,
            atoms: AtomCheck {
                found: wire.atoms.as_ref().map_or(0, |counts| counts.found),
                kept: wire.atoms.as_ref().map_or(0, |counts| counts.kept),
                lost: wire.lost,
            },
            links: wire.links,
        }
    }
}

impl PartialSchema for SegmentEvent {
    fn schema() -> RefOr<Schema> {
        Wire::schema()
    }
}

impl ToSchema for SegmentEvent {
    fn name() -> Cow<'static, str> {
        Wire::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Wire::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(flags: &[Flag]) -> SegmentEvent {
        SegmentEvent {
            index: 0,
            start: 0,
            end: 6,
            translation: "Salad.".to_owned(),
            done: 1,
            total: 1,
            flags: flags.to_vec(),
            atoms: AtomCheck::default(),
            links: Vec::new(),
        }
    }

    fn written(flags: &[Flag]) -> Value {
        serde_json::to_value(event(flags)).expect("JSON")
    }

    fn read(flags: &Value, more_flags: Option<&Value>) -> Vec<Flag> {
        let mut json = written(&[]);
        json["flags"] = flags.clone();
        if let Some(more_flags) = more_flags {
            json["more_flags"] = more_flags.clone();
        }
        json["alignment"] = json!({"of": ["a", "later", "version"]});
        let event: SegmentEvent = serde_json::from_value(json).expect("an event");
        event.flags
    }

    /// The event as the first frontends read it.
    mod first {
        use serde::Deserialize;

        #[derive(Debug, PartialEq, Eq, Deserialize)]
        pub(super) struct SegmentEvent {
            pub(super) index: usize,
            pub(super) start: usize,
            pub(super) end: usize,
            pub(super) translation: String,
            pub(super) done: usize,
            pub(super) total: usize,
            pub(super) flags: Vec<Flag>,
        }

        #[derive(Debug, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(super) enum Flag {
            Split,
            Looped,
            Unknown,
        }
    }

    #[test]
    fn the_first_frontends_read_every_event() {
        let read: first::SegmentEvent =
            serde_json::from_value(written(&Flag::ALL)).expect("an event");
        let expected = first::SegmentEvent {
            index: 0,
            start: 0,
            end: 6,
            translation: "Salad.".to_owned(),
            done: 1,
            total: 1,
            flags: vec![
                first::Flag::Split,
                first::Flag::Looped,
                first::Flag::Unknown,
            ],
        };
        assert_eq!(read, expected);
        for flag in Flag::ALL {
            serde_json::from_value::<first::SegmentEvent>(written(&[flag])).expect("an event");
        }
    }

    #[test]
    fn flags_come_back_as_they_were() {
        for flags in [&[][..], &[Flag::Positioned], &[Flag::Looped], &Flag::ALL] {
            let read: SegmentEvent = serde_json::from_value(written(flags)).expect("an event");
            assert_eq!(read, event(flags));
        }
        assert_eq!(written(&[])["flags"], json!([]));
        assert_eq!(written(&[Flag::Split]).get("more_flags"), None);
    }

    #[test]
    fn atoms_are_in_two_fields_that_old_frontends_ignore() {
        let lost = |source: &str, target: Option<&str>| LostAtom {
            source: Some(source.to_owned()),
            target: target.map(str::to_owned),
        };
        let mut event = event(&[Flag::Atoms]);
        event.atoms = AtomCheck {
            found: 3,
            kept: 1,
            lost: vec![lost("19,99 EUR", Some("199 EUR")), lost("§ 139", None)],
        };
        let json = serde_json::to_value(&event).expect("JSON");
        assert_eq!(json["flags"], json!([]));
        assert_eq!(json["more_flags"], json!(["atoms"]));
        assert_eq!(json["atoms"], json!({"found": 3, "kept": 1}));
        assert_eq!(
            json["lost"],
            json!([{"source": "19,99 EUR", "target": "199 EUR"}, {"source": "§ 139"}])
        );
        serde_json::from_value::<first::SegmentEvent>(json.clone()).expect("an event");
        let read: SegmentEvent = serde_json::from_value(json).expect("an event");
        assert_eq!(read, event);
        let none = written(&[]);
        assert!(none.get("atoms").is_none() && none.get("lost").is_none());
    }

    #[test]
    fn links_are_lists_of_numbers_that_old_frontends_ignore() {
        let mut event = event(&[]);
        event.links = vec![WordLink {
            target: 0..5,
            source: 1..4,
            percent: 97,
        }];
        let json = serde_json::to_value(&event).expect("JSON");
        assert_eq!(json["links"], json!([[0, 5, 1, 4, 97]]));
        serde_json::from_value::<first::SegmentEvent>(json.clone()).expect("an event");
        let read: SegmentEvent = serde_json::from_value(json).expect("an event");
        assert_eq!(read, event);
        assert!(written(&[]).get("links").is_none());
    }

    #[test]
    fn the_first_events_are_read() {
        assert_eq!(
            read(&json!(["looped", "split"]), None),
            [Flag::Looped, Flag::Split]
        );
    }

    #[test]
    fn unknown_flags_and_fields_are_ignored_in_both_lists() {
        let flags = read(
            &json!(["garbled", "looped", {"digits": [1, 2]}, null]),
            Some(&json!(["split", 7, "positioned", "looped", ""])),
        );
        assert_eq!(flags, [Flag::Looped, Flag::Split, Flag::Positioned]);
    }

    #[test]
    fn every_flag_has_one_name() {
        for flag in Flag::ALL {
            assert_eq!(json!(flag), flag.name());
            assert_eq!(flag.name().parse(), Ok(flag));
        }
        assert_eq!("Looped".parse::<Flag>(), Err(UnknownFlag));
        // The schema is made from the variants: none is missing from the list of all.
        let schema = serde_json::to_value(Flag::schema()).expect("JSON");
        let mut names = Vec::new();
        collect(&schema, &mut names);
        assert_eq!(names, Flag::ALL.map(Flag::name));
    }

    /// The values of a schema, which lists them with or without a description each.
    fn collect(schema: &Value, names: &mut Vec<String>) {
        let listed = schema["enum"].as_array().into_iter().flatten();
        names.extend(listed.filter_map(|name| Some(name.as_str()?.to_owned())));
        for one in schema["oneOf"].as_array().into_iter().flatten() {
            collect(one, names);
        }
    }

    #[test]
    fn the_schema_documents_both_lists() {
        let schema = serde_json::to_value(SegmentEvent::schema()).expect("JSON");
        assert_eq!(SegmentEvent::name(), "SegmentEvent");
        for field in ["flags", "more_flags"] {
            let items = &schema["properties"][field]["items"]["$ref"];
            assert_eq!(items, "#/components/schemas/Flag", "{schema}");
        }
        let required = schema["required"].as_array().expect("a list");
        assert!(required.contains(&json!("flags")), "{schema}");
        for optional in ["more_flags", "atoms", "lost", "links"] {
            assert!(!required.contains(&json!(optional)), "{schema}");
        }
        let links = &schema["properties"]["links"];
        assert_eq!(links["items"]["items"]["type"], "integer", "{schema}");
    }
}
