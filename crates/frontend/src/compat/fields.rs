//! The fields of a request, from JSON, a form or the address.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// Fields of a request. Those of forms and addresses are strings, or arrays of strings if a name
/// occurs more than once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fields {
    values: Map<String, Value>,
}

impl Fields {
    /// Reads the fields of an address, and of a body in the format that its headers name: JSON, a
    /// form, or a multipart form.
    ///
    /// # Errors
    /// The body is not in that format.
    pub(crate) async fn read(
        query: Option<&str>,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> Result<Self, Refusal> {
        let mut fields = Self::default();
        fields.add_form(query.unwrap_or_default().as_bytes());
        let content_type = headers.get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/x-www-form-urlencoded" => fields.add_form(&body),
            "multipart/form-data" => fields.add_multipart(content_type, body).await?,
            _ if body.is_empty() => {}
            _ => {
                let Ok(Value::Object(object)) = serde_json::from_slice(&body) else {
                    return Err(Refusal::Invalid("Invalid JSON format".to_owned()));
                };
                fields.values.extend(object);
            }
        }
        Ok(fields)
    }

    /// Returns a field; `None` also if it is null.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// Removes a field and returns it; `None` also if it is null.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name).filter(|value| !value.is_null())
    }

    /// Returns a field that is a string and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Adds the fields of a form or an address.
    pub(super) fn add_form(&mut self, form: &[u8]) {
        for (name, value) in form_urlencoded::parse(form) {
            self.add(name.into_owned(), &value);
        }
    }

    async fn add_multipart(&mut self, content_type: &str, body: Vec<u8>) -> Result<(), Refusal> {
        let invalid = |_| Refusal::Invalid("Invalid multipart form".to_owned());
        let boundary = multer::parse_boundary(content_type).map_err(invalid)?;
        let body = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(body))]);
        let mut form = multer::Multipart::new(body, boundary);
        while let Some(field) = form.next_field().await.map_err(invalid)? {
            if let Some(name) = field.name().map(str::to_owned) {
                let value = field.text().await.map_err(invalid)?;
                self.add(name, &value);
            }
        }
        Ok(())
    }

    /// Adds a field of a form. Browsers send every line break as CR LF.
    pub(super) fn add(&mut self, name: String, value: &str) {
        let value = Value::from(value.replace("\r\n", "\n"));
        match self.values.get_mut(&name) {
            None => {
                self.values.insert(name, value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    async fn read(content_type: &str, query: &str, body: &str) -> Result<Value, String> {
        let mut headers = HeaderMap::new();
        if !content_type.is_empty() {
            headers.insert(CONTENT_TYPE, content_type.parse().expect("a value"));
        }
        let fields = Fields::read(Some(query), &headers, body.into()).await;
        let fields = fields.map_err(|refusal| refusal.to_string())?;
        Ok(Value::Object(fields.values))
    }

    #[tokio::test]
    async fn every_format_gives_the_same_fields() {
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        let multipart = "multipart/form-data; boundary=xyz";
        let parts = "--xyz\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nGr\u{fc}\u{df}e\r\nan alle\r\n\
                     --xyz\r\nContent-Disposition: form-data; name=\"target\"\r\n\r\nen\r\n--xyz--\r\n";
        let encoded = "q=Gr%C3%BC%C3%9Fe%0D%0Aan+alle&target=en";
        let json = r#"{"q": "Grüße\nan alle", "target": "en"}"#;
        for (content_type, query, body) in [
            ("application/json", "", json),
            ("application/json; charset=utf-8", "", json),
            ("", "", json),
            ("text/plain", "", json),
            (form, "", encoded),
            (multipart, "", parts),
            ("", encoded, ""),
            ("application/json", encoded, ""),
            (form, "target=en", "q=Gr%C3%BC%C3%9Fe%0Aan+alle"),
        ] {
            let fields = read(content_type, query, body).await;
            let expected = json!({"q": "Grüße\nan alle", "target": "en"});
            assert_eq!(fields, Ok(expected), "{content_type} {query}");
        }
    }

    #[tokio::test]
    async fn a_name_that_occurs_again_makes_a_list() {
        let form = read("application/x-www-form-urlencoded", "", "a=1&a=2&b=3&a=4").await;
        assert_eq!(form, Ok(json!({"a": ["1", "2", "4"], "b": "3"})));
    }

    #[tokio::test]
    async fn a_body_that_is_not_in_its_format_is_refused() {
        for (content_type, body) in [
            ("application/json", "{"),
            ("application/json", "[1]"),
            ("application/json", "\"text\""),
            ("", "q=Hallo"),
        ] {
            let refused = read(content_type, "", body).await;
            assert_eq!(refused, Err("Invalid JSON format".to_owned()), "{body}");
        }
        for (content_type, body) in [
            ("multipart/form-data", "--xyz--"),
            ("multipart/form-data; boundary=xyz", "q=1"),
            (
                "multipart/form-data; boundary=xyz",
                "--xyz\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\ncut",
            ),
        ] {
            let refused = read(content_type, "", body).await;
            assert_eq!(refused, Err("Invalid multipart form".to_owned()), "{body}");
        }
    }

    #[tokio::test]
    async fn null_and_empty_texts_count_as_missing() {
        let body = br#"{"a": null, "b": "", "c": "x", "d": 1}"#;
        let fields = Fields::read(None, &HeaderMap::new(), body.to_vec()).await;
        let mut fields = fields.expect("read");
        assert_eq!(fields.get("a"), None);
        assert_eq!(fields.text("b"), None);
        assert_eq!(fields.text("c"), Some("x"));
        assert_eq!(fields.text("d"), None);
        assert_eq!(fields.take("a"), None);
        assert_eq!(fields.take("d"), Some(json!(1)));
        assert_eq!(fields.take("d"), None);
    }
}
