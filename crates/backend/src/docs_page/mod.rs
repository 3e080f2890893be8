//! The page that `GET /docs` shows, written from the OpenAPI document.

use std::fmt::Write as _;

use serde_json::Value;

/// The order of the sections.
const TAGS: [&str; 2] = ["translate", "service"];

/// Order of an operation's methods.
const METHODS: [&str; 2] = ["get", "post"];

/// Renders the whole page.
#[must_use]
pub fn render(document: &Value) -> String {
    let mut main = String::new();
    for tag in TAGS {
        operations(&mut main, document, tag);
    }
    schemas(&mut main, document);
    include_str!("page.html")
        .replace("{title}", &text(&document["info"]["title"]))
        .replace("{version}", &text(&document["info"]["version"]))
        .replace("{description}", &text(&document["info"]["description"]))
        .replace("{main}", &main)
}

fn operations(page: &mut String, document: &Value, tag: &str) {
    let heading = document["tags"]
        .as_array()
        .and_then(|tags| tags.iter().find(|entry| entry["name"] == tag))
        .map(|entry| text(&entry["description"]))
        .unwrap_or_default();
    put(page, format_args!("<h2>{heading}</h2>\n"));
    for (path, operations) in object(&document["paths"]) {
        for method in METHODS {
            let operation = &operations[method];
            if operation["tags"][0] == tag {
                section(page, path, method, operation);
            }
        }
    }
}

fn section(page: &mut String, path: &str, method: &str, operation: &Value) {
    let path = escape(path);
    put(
        page,
        format_args!(
            "<section class=\"sheet\" id=\"{method}-{path}\"><h3><span class=\"method {method}\">{}</span> \
             <code>{path}</code></h3>\n<p class=\"summary\">{}</p>\n",
            method.to_uppercase(),
            text(&operation["summary"]),
        ),
    );
    if let Some(description) = operation["description"].as_str() {
        put(page, format_args!("<p>{}</p>\n", prose(description)));
    }
    put(
        page,
        format_args!("<pre><code>{}</code></pre>\n", escape(&curl(&path, method))),
    );
    for (kind, content) in object(&operation["requestBody"]["content"]) {
        put(
            page,
            format_args!(
                "<p class=\"body\">Body: <code>{}</code>, {}</p>\n",
                escape(kind),
                shape(&content["schema"])
            ),
        );
    }
    page.push_str("<table><thead><tr><th>Status<th>Meaning<th>Body</tr></thead><tbody>\n");
    for (status, response) in object(&operation["responses"]) {
        put(
            page,
            format_args!(
                "<tr><td><code>{}</code><td>{}<td>",
                escape(status),
                prose(response["description"].as_str().unwrap_or_default())
            ),
        );
        for (kind, content) in object(&response["content"]) {
            put(
                page,
                format_args!(
                    "{} <small>{}</small>",
                    shape(&content["schema"]),
                    escape(kind)
                ),
            );
            if let Some(example) = example(&content["example"]) {
                put(
                    page,
                    format_args!("<pre><code>{}</code></pre>", escape(&example)),
                );
            }
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table></section>\n");
}

/// A call that can be pasted into a terminal.
fn curl(path: &str, method: &str) -> String {
    // The script replaces the address by that of the page.
    let url = format!("http://127.0.0.1:8000{path}");
    if method == "post" {
        let option = if path.ends_with("stream") { "-N " } else { "" };
        format!(
            "curl {option}{url} \\\n  -H 'Content-Type: application/json' \\\n  \
             -d '{{\"text_de\": \"Guten Morgen! Wie geht es dir?\"}}'"
        )
    } else {
        format!("curl {url}")
    }
}

fn schemas(page: &mut String, document: &Value) {
    page.push_str("<h2>Schemas</h2>\n");
    for (name, schema) in object(&document["components"]["schemas"]) {
        let name = escape(name);
        put(
            page,
            format_args!(
                "<section class=\"sheet\" id=\"schema-{name}\"><h3><code>{name}</code></h3>\n<p>{}</p>\n",
                prose(schema["description"].as_str().unwrap_or_default())
            ),
        );
        let properties = object(&schema["properties"]);
        if properties.is_empty() {
            put(page, format_args!("<p>{}</p>\n", shape(schema)));
        } else {
            page.push_str("<table><thead><tr><th>Field<th>Type<th>Meaning</tr></thead><tbody>\n");
            for (field, schema) in properties {
                put(
                    page,
                    format_args!(
                        "<tr><td><code>{}</code><td>{}<td>{}</tr>\n",
                        escape(field),
                        shape(schema),
                        prose(schema["description"].as_str().unwrap_or_default())
                    ),
                );
            }
            page.push_str("</tbody></table>\n");
        }
        page.push_str("</section>\n");
    }
}

/// A schema's type in a few words, with a link to the schema that it refers to.
fn shape(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = escape(reference.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema[key].as_array() {
            return choices.iter().map(shape).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values
            .iter()
            .map(|value| format!("<code>{}</code>", text(value)));
        return values.collect::<Vec<_>>().join(", ");
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("list of {}", shape(&schema["items"])),
        Value::String(kind) => escape(kind),
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    }
}

/// An example as text: a stream as it stands on the wire, anything else as JSON.
fn example(example: &Value) -> Option<String> {
    match example {
        Value::Null => None,
        Value::String(text) => Some(text.trim_end().to_owned()),
        json => Some(json.to_string()),
    }
}

fn object(value: &Value) -> Vec<(&String, &Value)> {
    value
        .as_object()
        .map(|map| map.iter().collect())
        .unwrap_or_default()
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

/// Escaped text in which `…` between backquotes is code.
fn prose(words: &str) -> String {
    let escaped = escape(words);
    let mut prose = String::new();
    for (place, part) in escaped.split('`').enumerate() {
        if place % 2 == 1 {
            put(&mut prose, format_args!("<code>{part}</code>"));
        } else {
            prose.push_str(part);
        }
    }
    prose
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn put(page: &mut String, words: std::fmt::Arguments<'_>) {
    page.write_fmt(words).expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use utoipa::OpenApi as _;

    use super::*;

    fn page() -> String {
        let document = crate::openapi::Document::openapi();
        render(&serde_json::to_value(document).expect("JSON"))
    }

    #[test]
    fn every_operation_and_schema_is_shown() {
        let page = page();
        for wanted in [
            "id=\"post-/translate\"",
            "id=\"post-/translate/stream\"",
            "id=\"get-/model\"",
            "id=\"get-/metrics\"",
            "id=\"get-/livez\"",
            "id=\"schema-SegmentEvent\"",
            "id=\"schema-ErrorEvent\"",
            "id=\"schema-Flag\"",
            "<code>translation</code>",
            "curl -N http://127.0.0.1:8000/translate/stream",
        ] {
            assert!(page.contains(wanted), "{wanted} is missing in {page}");
        }
    }

    #[test]
    fn every_link_has_a_target_and_no_placeholder_is_left() {
        let page = page();
        for link in page.split("href=\"#").skip(1) {
            let target = link.split('"').next().expect("a link");
            assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
        }
        for name in ["{title}", "{version}", "{description}", "{main}"] {
            assert!(!page.contains(name), "{name}");
        }
    }

    #[test]
    fn nothing_comes_from_outside_or_inline() {
        let page = page();
        for attribute in ["src=\"", "href=\""] {
            for link in page.split(attribute).skip(1) {
                assert!(
                    !link.starts_with("http") && !link.starts_with("//"),
                    "{link}"
                );
            }
        }
        for inline in ["<style", "style=\"", "onclick", "<script>"] {
            assert!(!page.contains(inline), "{inline}");
        }
    }

    #[test]
    fn markup_in_a_description_is_escaped() {
        assert_eq!(prose("a <b> `c<d`"), "a &lt;b&gt; <code>c&lt;d</code>");
    }
}
