//! The body of a request: JSON with `text_de` and perhaps `wrapped` and `links`, validated as
//! `FastAPI` does it.

use std::fmt;

use api::{ErrorDetail, ErrorLocation, TranslateRequest};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::Error;

/// Name of the field with the text.
const TEXT: &str = "text_de";
/// Name of the field that is true for a hard-wrapped text.
const WRAPPED: &str = "wrapped";
/// Name of the field that is true if words are to be linked.
const LINKS: &str = "links";

/// Returns the request in a body. `content_type` is the value of the header, if any: a body without
/// one is treated as JSON, and any other type than JSON is not an object, as in `FastAPI`.
///
/// # Errors
/// The fault of the body, in the types and words of `FastAPI`. No message contains any part of the
/// body.
pub fn request(body: &[u8], content_type: Option<&str>) -> Result<TranslateRequest, Error> {
    if body.is_empty() {
        return Err(missing(&["body"]));
    }
    if !content_type.is_none_or(is_json) {
        return Err(not_an_object());
    }
    // Python too accepts a byte order mark and UTF-16, and some editors write them.
    let body = service::text::decode(body)?;
    let parsed = serde_json::from_str(&body).map_err(|error| invalid_json(&body, &error))?;
    let (text, wrapped, links) = match parsed {
        ParsedBody::Object {
            text,
            wrapped,
            links,
        } => (text, wrapped, links),
        ParsedBody::Null => return Err(missing(&["body"])),
        ParsedBody::NotAnObject => return Err(not_an_object()),
    };
    let text_de = match text {
        Some(FieldValue::Text(text)) => text,
        None => return Err(missing(&["body", TEXT])),
        Some(_) => {
            return Err(Error::invalid(
                "string_type",
                "Input should be a valid string",
                &["body", TEXT],
            ));
        }
    };
    Ok(TranslateRequest {
        text_de,
        wrapped: is_set(wrapped.as_ref(), WRAPPED)?,
        links: is_set(links.as_ref(), LINKS)?,
    })
}

/// Returns the value of a field that is false if absent.
fn is_set(value: Option<&FieldValue>, name: &str) -> Result<bool, Error> {
    match value {
        Some(FieldValue::Bool(value)) => Ok(*value),
        None => Ok(false),
        Some(_) => Err(Error::invalid(
            "bool_type",
            "Input should be a valid boolean",
            &["body", name],
        )),
    }
}

/// Returns whether the type is `application/json` or one based on JSON.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    essence
        .strip_prefix("application/")
        .is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

fn missing(loc: &[&str]) -> Error {
    Error::invalid("missing", "Field required", loc)
}

fn not_an_object() -> Error {
    Error::invalid(
        "model_attributes_type",
        "Input should be a valid dictionary or object to extract fields from",
        &["body"],
    )
}

/// Returns an error whose `loc` ends with the position in characters, as Python counts them.
fn invalid_json(body: &str, error: &serde_json::Error) -> Error {
    let at = if error.is_eof() {
        body.len()
    } else {
        let line_start: usize = body
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1))
            .map(str::len)
            .sum();
        line_start + error.column().saturating_sub(1)
    };
    let characters = body
        .char_indices()
        .take_while(|(start, _)| *start < at)
        .count();
    Error::Invalid(ErrorDetail {
        loc: vec![
            ErrorLocation::Field("body".to_owned()),
            ErrorLocation::Position(characters),
        ],
        msg: "JSON decode error".to_owned(),
        kind: "json_invalid".to_owned(),
    })
}

/// Classification of a body. Deserialised by hand, because a general JSON tree takes thirty times
/// the memory of a body such as `[0,0,0,…`.
enum ParsedBody {
    Object {
        text: Option<FieldValue>,
        wrapped: Option<FieldValue>,
        links: Option<FieldValue>,
    },
    Null,
    NotAnObject,
}

impl<'de> Deserialize<'de> for ParsedBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BodyVisitor)
    }
}

struct BodyVisitor;

impl<'de> Visitor<'de> for BodyVisitor {
    type Value = ParsedBody;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ParsedBody, A::Error> {
        let (mut text, mut wrapped, mut links) = (None, None, None);
        while let Some(field) = map.next_key()? {
            // The last of several values counts, as in Python.
            match field {
                Field::Text => text = Some(map.next_value()?),
                Field::Wrapped => wrapped = Some(map.next_value()?),
                Field::Links => links = Some(map.next_value()?),
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(ParsedBody::Object {
            text,
            wrapped,
            links,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ParsedBody, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(ParsedBody::NotAnObject)
    }

    fn visit_unit<E>(self) -> Result<ParsedBody, E> {
        Ok(ParsedBody::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<ParsedBody, E> {
        Ok(ParsedBody::NotAnObject)
    }

    fn visit_i64<E>(self, _: i64) -> Result<ParsedBody, E> {
        Ok(ParsedBody::NotAnObject)
    }

    fn visit_u64<E>(self, _: u64) -> Result<ParsedBody, E> {
        Ok(ParsedBody::NotAnObject)
    }

    fn visit_f64<E>(self, _: f64) -> Result<ParsedBody, E> {
        Ok(ParsedBody::NotAnObject)
    }

    fn visit_str<E>(self, _: &str) -> Result<ParsedBody, E> {
        Ok(ParsedBody::NotAnObject)
    }
}

/// A key.
enum Field {
    Text,
    Wrapped,
    Links,
    Other,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Field;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<Field, E> {
                Ok(match key {
                    TEXT => Field::Text,
                    WRAPPED => Field::Wrapped,
                    LINKS => Field::Links,
                    _ => Field::Other,
                })
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// A value that may be a string or a boolean.
enum FieldValue {
    Text(String),
    Bool(bool),
    Other,
}

impl<'de> Deserialize<'de> for FieldValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = FieldValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<FieldValue, E> {
        Ok(FieldValue::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<FieldValue, E> {
        Ok(FieldValue::Text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FieldValue, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(FieldValue::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<FieldValue, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(FieldValue::Other)
    }

    fn visit_unit<E>(self) -> Result<FieldValue, E> {
        Ok(FieldValue::Other)
    }

    fn visit_bool<E>(self, value: bool) -> Result<FieldValue, E> {
        Ok(FieldValue::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<FieldValue, E> {
        Ok(FieldValue::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<FieldValue, E> {
        Ok(FieldValue::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<FieldValue, E> {
        Ok(FieldValue::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(body: &str) -> (String, String) {
        let Err(Error::Invalid(detail)) = request(body.as_bytes(), Some("application/json")) else {
            panic!("{body} should be invalid");
        };
        let loc = serde_json::to_string(&detail.loc).expect("JSON");
        (detail.kind, loc)
    }

    #[test]
    fn the_text_is_returned_unchanged() {
        for (body, expected) in [
            (r#"{"text_de":"Grüße\n\u0000\ud83d\ude42"}"#, "Grüße\n\0🙂"),
            (r#"{"text_de":""}"#, ""),
            ("\u{feff}{\"text_de\":\"a\"}", "a"),
            (r#" {"x":[{"text_de":1}],"text_de":"a"} "#, "a"),
            (r#"{"text_de":1,"text_de":"last"}"#, "last"),
        ] {
            let request = request(body.as_bytes(), None).expect("valid");
            assert_eq!(request.text_de, expected);
        }
    }

    #[test]
    fn a_text_is_wrapped_or_linked_only_if_the_body_says_so() {
        for (body, wrapped, links) in [
            (r#"{"text_de":"a"}"#, false, false),
            (
                r#"{"text_de":"a","wrapped":false,"links":false}"#,
                false,
                false,
            ),
            (r#"{"wrapped":true,"text_de":"a"}"#, true, false),
            (r#"{"links":true,"text_de":"a"}"#, false, true),
            (r#"{"wrapped":1,"text_de":"a","wrapped":true}"#, true, false),
        ] {
            let request = request(body.as_bytes(), None).expect("valid");
            assert_eq!((request.wrapped, request.links), (wrapped, links), "{body}");
        }
    }

    #[test]
    fn faults_are_those_of_fastapi() {
        let field = r#"["body","text_de"]"#;
        let wrapped = r#"["body","wrapped"]"#;
        let links = r#"["body","links"]"#;
        for (body, kind, loc) in [
            ("", "missing", r#"["body"]"#),
            ("null", "missing", r#"["body"]"#),
            ("{}", "missing", field),
            (r#"{"text":"a"}"#, "missing", field),
            (r#"{"text_de":null}"#, "string_type", field),
            (r#"{"text_de":1}"#, "string_type", field),
            (r#"{"text_de":-1.5e3}"#, "string_type", field),
            (r#"{"text_de":true}"#, "string_type", field),
            (r#"{"text_de":["a",{}]}"#, "string_type", field),
            (r#"{"text_de":{"a":[1]}}"#, "string_type", field),
            (r#"{"text_de":"a","wrapped":null}"#, "bool_type", wrapped),
            (r#"{"text_de":"a","wrapped":"true"}"#, "bool_type", wrapped),
            (r#"{"text_de":"a","links":1}"#, "bool_type", links),
            ("[1,[2]]", "model_attributes_type", r#"["body"]"#),
            ("\"a\"", "model_attributes_type", r#"["body"]"#),
            ("-1", "model_attributes_type", r#"["body"]"#),
            ("1.5", "model_attributes_type", r#"["body"]"#),
            ("false", "model_attributes_type", r#"["body"]"#),
            (r#"{"text_de": }"#, "json_invalid", r#"["body",12]"#),
            ("{text_de: 1}", "json_invalid", r#"["body",1]"#),
            ("{\"text_de\"", "json_invalid", r#"["body",10]"#),
            ("{\"ää\":\n \"ä\", x}", "json_invalid", r#"["body",13]"#),
            ("{\"text_de\":\"a\0b\"}", "json_invalid", r#"["body",13]"#),
            (r#"{"text_de":"\ud800"}"#, "json_invalid", r#"["body",18]"#),
        ] {
            let (found_kind, found_loc) = fault(body);
            assert_eq!(
                (found_kind.as_str(), found_loc.as_str()),
                (kind, loc),
                "{body}"
            );
        }
    }

    #[test]
    fn deep_nesting_is_a_fault_and_not_a_crash() {
        let (kind, _) = fault(&"[".repeat(1_000_000));
        assert_eq!(kind, "json_invalid");
        let (kind, _) = fault(&format!(r#"{{"text_de":{}"#, "[".repeat(1_000_000)));
        assert_eq!(kind, "json_invalid");
    }

    #[test]
    fn invalid_text_is_its_own_fault() {
        for (body, encoding, at) in [
            (&b"{\"text_de\":\"\xff\"}"[..], "UTF-8", 12),
            (b"\xff\xfe{\0}", "UTF-16", 4),
        ] {
            let Err(Error::NotText(fault)) = request(body, None) else {
                panic!("{encoding} should be invalid");
            };
            assert_eq!((fault.encoding, fault.at), (encoding, at));
        }
    }

    #[test]
    fn another_content_type_is_not_an_object() {
        let body = br#"{"text_de":"a"}"#;
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/ld+json",
        ] {
            let request = request(body, Some(json)).expect("JSON");
            assert_eq!(request.text_de, "a");
        }
        for other in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "json",
            "",
        ] {
            let Err(Error::Invalid(detail)) = request(body, Some(other)) else {
                panic!("{other} should be refused");
            };
            assert_eq!(detail.kind, "model_attributes_type");
        }
    }
}
