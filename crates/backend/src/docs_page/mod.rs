//! The page at `GET /docs`: hand-written files, compared with the OpenAPI document by a test.

/// HTML of the page, which is complete without its script.
pub const PAGE: &str = include_str!("page.html");

/// Style of the page.
pub const STYLE: &str = include_str!("style.css");

/// Script of the page: the form for trying the service out.
pub const SCRIPT: &str = include_str!("script.js");

/// Icon of the page.
pub const ICON: &str = include_str!("icon.svg");

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;
    use utoipa::OpenApi as _;

    use super::PAGE;

    /// Returns the parts of `html` between each `start` and the next `end`.
    fn between<'a>(html: &'a str, start: &str, end: &str) -> Vec<&'a str> {
        let parts = html.split(start).skip(1);
        parts
            .map(|part| part.split(end).next().unwrap_or(part))
            .collect()
    }

    /// Returns the names in the first column of the table in a section.
    fn rows(section: &str) -> BTreeSet<&str> {
        between(section, "<tr><td><code>", "</code>")
            .into_iter()
            .collect()
    }

    /// Returns the keys of a JSON object.
    fn keys(object: &Value) -> BTreeSet<&str> {
        let keys = object.as_object().into_iter().flatten();
        keys.map(|(key, _)| key.as_str()).collect()
    }

    /// Appends the names of all schemas that `value` refers to.
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(object) => {
                let target = object.get("$ref").and_then(Value::as_str);
                found.extend(target.and_then(|path| path.rsplit('/').next()));
                object.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    /// Returns the fields of an object, or the values of an enumeration.
    fn names(schema: &Value) -> BTreeSet<&str> {
        let variants = schema["oneOf"].as_array().into_iter().flatten();
        let lists = variants.chain([schema]).map(|schema| &schema["enum"]);
        let values = lists.filter_map(Value::as_array).flatten();
        let mut names = keys(&schema["properties"]);
        names.extend(values.filter_map(Value::as_str));
        names
    }

    #[test]
    fn the_page_describes_the_document_and_nothing_else() {
        let document = serde_json::to_value(crate::openapi::Document::openapi()).expect("JSON");
        let mut sections: BTreeMap<&str, &str> =
            between(PAGE, "<section class=\"sheet\" id=\"", "</section>")
                .into_iter()
                .map(|section| section.split_once('"').expect("an id"))
                .collect();
        for path in keys(&document["paths"]) {
            for method in keys(&document["paths"][path]) {
                let operation = &document["paths"][path][method];
                let id = format!("{method}-{path}");
                let section = sections.remove(id.as_str()).expect(&id);
                let heading = format!("{}</span> <code>{path}</code>", method.to_uppercase());
                assert!(section.contains(&heading), "{id}");
                assert_eq!(rows(section), keys(&operation["responses"]), "{id}");
                let mut schemas = Vec::new();
                references(operation, &mut schemas);
                for schema in schemas {
                    let link = format!("href=\"#schema-{schema}\"");
                    assert!(section.contains(&link), "{id} lacks {schema}");
                }
            }
        }
        let schemas = &document["components"]["schemas"];
        for name in keys(schemas) {
            let section = sections.remove(format!("schema-{name}").as_str());
            assert_eq!(rows(section.expect(name)), names(&schemas[name]), "{name}");
        }
        assert!(sections.is_empty(), "not in the document: {sections:?}");
    }

    #[test]
    fn every_link_has_a_target_and_nothing_is_external_or_inline() {
        for target in between(PAGE, "href=\"#", "\"") {
            assert!(PAGE.contains(&format!("id=\"{target}\"")), "{target}");
        }
        for attribute in ["src=\"", "href=\""] {
            for link in between(PAGE, attribute, "\"") {
                let is_external = link.contains("://") || link.starts_with("//");
                assert!(!is_external, "{link}");
            }
        }
        for inline in ["<style", "style=\"", "onclick", "<script>"] {
            assert!(!PAGE.contains(inline), "{inline}");
        }
    }
}
