//! The fields of a request, from JSON, a form or the address.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// Maximum number of values in a request, with those in lists: each takes memory of its own, however
/// short it is.
const MAX_VALUES: usize = 10_000;

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
        let content_type = headers.get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/x-www-form-urlencoded" => fields.add_form(&body)?,
            "multipart/form-data" => fields.add_multipart(content_type, body).await?,
            _ if body.is_empty() => {}
            _ => {
                if count_values(&body) > MAX_VALUES {
                    return Err(too_many());
                }
                let Ok(Value::Object(object)) = serde_json::from_slice(&body) else {
                    return Err(Refusal::Invalid("Invalid JSON format".to_owned()));
                };
                fields.values = object;
            }
        }
        fields.add_query(query)?;
        Ok(fields)
    }

    /// Adds the fields of an address that are not there yet, or null.
    ///
    /// # Errors
    /// They are too many.
    pub(super) fn add_query(&mut self, query: Option<&str>) -> Result<(), Refusal> {
        let mut fields = Self::default();
        fields.add_form(query.unwrap_or_default().as_bytes())?;
        for (name, value) in fields.values {
            if self.get(&name).is_none() {
                self.values.insert(name, value);
            }
        }
        Ok(())
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

    fn add_form(&mut self, form: &[u8]) -> Result<(), Refusal> {
        if form_urlencoded::parse(form).nth(MAX_VALUES).is_some() {
            return Err(too_many());
        }
        for (name, value) in form_urlencoded::parse(form) {
            self.add(name.into_owned(), &value);
        }
        Ok(())
    }

    async fn add_multipart(&mut self, content_type: &str, body: Vec<u8>) -> Result<(), Refusal> {
        let invalid = |_| Refusal::Invalid("Invalid multipart form".to_owned());
        let boundary = multer::parse_boundary(content_type).map_err(invalid)?;
        let body = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(body))]);
        let mut form = multer::Multipart::new(body, boundary);
        let mut count = 0;
        while let Some(field) = form.next_field().await.map_err(invalid)? {
            count += 1;
            if count > MAX_VALUES {
                return Err(too_many());
            }
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

/// Returns the maximum number of values in JSON: each one but the first has a comma, a colon or a
/// bracket before it.
fn count_values(json: &[u8]) -> usize {
    let (mut count, mut is_string, mut is_escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_string,
            b'"' => is_string = !is_string,
            b',' | b':' | b'[' | b'{' if !is_string => count += 1,
            _ => {}
        }
    }
    count
}

fn too_many() -> Refusal {
    Refusal::Invalid(format!("Invalid request: more than {MAX_VALUES} values"))
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
    async fn a_field_of_the_body_wins_over_one_of_the_address() {
        let form = "application/x-www-form-urlencoded";
        for (content_type, body) in [
            (form, "a=1&b=2&b=3"),
            ("", r#"{"a": "1", "b": ["2", "3"], "c": null}"#),
        ] {
            let fields = read(content_type, "a=4&b=5&c=6", body).await;
            let expected = json!({"a": "1", "b": ["2", "3"], "c": "6"});
            assert_eq!(fields, Ok(expected));
        }
    }

    #[tokio::test]
    async fn the_number_of_values_is_limited() {
        let lists = [MAX_VALUES - 4, MAX_VALUES + 1].map(|count| vec!["[,:\\\""; count]);
        for (list, is_allowed) in lists.into_iter().zip([true, false]) {
            let list = json!({ "a": list }).to_string();
            let form = "a=1&".repeat(if is_allowed {
                MAX_VALUES
            } else {
                MAX_VALUES + 1
            });
            for (content_type, body) in [
                ("", list.as_str()),
                ("application/x-www-form-urlencoded", &form),
            ] {
                let fields = read(content_type, "", body).await;
                assert_eq!(fields.is_ok(), is_allowed, "{content_type}");
            }
        }
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
