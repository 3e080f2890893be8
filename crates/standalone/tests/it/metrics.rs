//! The metrics that the files in `deploy/` use, compared with those that the program exports.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use tempfile::tempdir;

use crate::{app::App, program::root};

/// Names of metrics, each with the names of its labels.
type Series = BTreeMap<String, BTreeSet<String>>;

/// Metric that Prometheus adds for every target, and labels that it adds to every metric.
const OF_EVERY_TARGET: &str = "up";
const OF_EVERY_METRIC: [&str; 2] = ["instance", "job"];

/// Returns the series of a page in the text format of Prometheus, and those that Prometheus adds.
fn exported(page: &str) -> Series {
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    let mut series = Series::new();
    for line in samples.chain([OF_EVERY_TARGET]) {
        for (name, labels) in used(line) {
            let known = series.entry(name).or_default();
            known.extend(labels);
            known.extend(OF_EVERY_METRIC.map(str::to_owned));
        }
    }
    series
}

/// Splits an expression in `PromQL` into names and operators, without strings, ranges, numbers and
/// white space.
fn tokens(mut expression: &str) -> Vec<&str> {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut tokens = Vec::new();
    while let Some(first) = expression.chars().next() {
        let closed_by = |close| {
            let rest = &expression[1..];
            rest.find(close).expect("an end") + 2
        };
        let length = match first {
            '"' | '\'' => closed_by(first),
            '[' => closed_by(']'),
            _ if is_of_word(first) => {
                let end = expression.find(|c| !is_of_word(c));
                end.unwrap_or(expression.len())
            }
            _ => first.len_utf8(),
        };
        let (token, rest) = expression.split_at(length);
        if "(){}=!".contains(first) || is_name(token) {
            tokens.push(token);
        }
        expression = rest;
    }
    tokens
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Returns the metrics in an expression with the labels that it uses of each. It uses the labels of a
/// grouping of every metric.
fn used(expression: &str) -> Series {
    let tokens = tokens(expression);
    let mut rest = tokens.as_slice();
    let mut series = Series::new();
    let mut grouping = BTreeSet::new();
    while let [token, after @ ..] = rest {
        rest = after;
        let list = |close| {
            let end = after.iter().position(|token| *token == close);
            &after[..end.expect("an end of the list")]
        };
        match (*token, after.first().copied()) {
            ("by" | "without" | "on" | "ignoring", _) => {
                let labels = list(")");
                let names = labels.iter().filter(|label| is_name(label));
                grouping.extend(names.map(|name| (*name).to_owned()));
                rest = &after[labels.len()..];
            }
            // An operator, a function, or an aggregation.
            ("and" | "or" | "unless" | "bool" | "offset", _)
            | (_, Some("(" | "by" | "without")) => {}
            (name, next) if is_name(name) => {
                let labels = series.entry(name.to_owned()).or_default();
                if next == Some("{") {
                    let matchers = list("}");
                    let asked = matchers
                        .windows(2)
                        .filter(|pair| is_name(pair[0]) && ["=", "!"].contains(&pair[1]));
                    labels.extend(asked.map(|pair| pair[0].to_owned()));
                    rest = &after[matchers.len()..];
                }
            }
            _ => {}
        }
    }
    for labels in series.values_mut() {
        labels.extend(grouping.iter().cloned());
    }
    series
}

/// Returns the expressions in a file of `deploy/`: those of panels and rules, and the series of the
/// tests of rules. Each is on one line.
fn expressions(text: &str) -> Vec<String> {
    let keys = ["\"expr\": \"", "expr: ", "series: "];
    let mut found = Vec::new();
    for line in text.lines() {
        // Nested quotes, as escaped in JSON and YAML.
        let line = line.replace("\\\"", "'");
        let Some((key, rest)) = keys.iter().find_map(|key| {
            let (_, rest) = line.split_once(key)?;
            Some((*key, rest))
        }) else {
            continue;
        };
        let expression = if key.ends_with('"') {
            rest.split('"').next().expect("a first part")
        } else {
            rest.trim_matches('\'')
        };
        found.push(expression.to_owned());
    }
    found
}

/// Returns the labels in the text of a panel or an alert: `{{ route }}`, `{{ $labels.instance }}`.
fn shown(text: &str) -> BTreeSet<&str> {
    let parts = text.split("{{").skip(1);
    let words = parts.map(|part| part.split("}}").next().expect("a first part").trim());
    let words = words.map(|word| word.strip_prefix("$labels.").unwrap_or(word));
    words.filter(|word| is_name(word)).collect()
}

/// Returns the metrics and labels in `expression` that are not exported.
fn missing(exported: &Series, expression: &str) -> Vec<String> {
    let used = used(expression);
    assert!(!used.is_empty(), "no metric is found in {expression:?}");
    let mut missing = Vec::new();
    for (name, labels) in used {
        match exported.get(&name) {
            None => missing.push(name),
            Some(known) => missing.extend(
                labels
                    .difference(known)
                    .map(|label| format!("{name}{{{label}}}")),
            ),
        }
    }
    missing
}

#[test]
fn every_metric_and_label_that_monitoring_uses_is_exported() {
    let data = tempdir().expect("a folder");
    let app = App::start(&data);
    let page = app.browser.translate("Guten Morgen!").expect("a page");
    assert!(page.html.contains("Good morning"), "{}", page.html);
    let metrics = app.browser.get("/metrics").expect("metrics").html;
    let exported = exported(&metrics);
    let labels = exported.values().flatten().collect::<BTreeSet<_>>();

    let mut files_with_expressions = 0;
    for file in fs::read_dir(root().join("deploy")).expect("a folder") {
        let file = file.expect("a file").path();
        let text = fs::read_to_string(&file).expect("text");
        let expressions = expressions(&text);
        files_with_expressions += usize::from(!expressions.is_empty());
        for expression in expressions {
            let missing = missing(&exported, &expression);
            assert!(
                missing.is_empty(),
                "{}: {missing:?} of {expression:?} is not in\n{metrics}",
                file.display()
            );
        }
        for label in shown(&text) {
            assert!(
                labels.contains(&label.to_owned()),
                "{}: no metric has a label {label}",
                file.display()
            );
        }
    }
    assert_eq!(
        files_with_expressions, 3,
        "the dashboard, the rules and their tests"
    );
}

#[test]
fn names_are_found_in_expressions() {
    let exported = exported(
        "# HELP a_total Words.\na_total{route=\"/\",status=\"200\"} 1\nb_bucket{le=\"+Inf\"} 2\nc 0.5",
    );
    for (expression, expected) in [
        ("60 * sum(rate(a_total[$__rate_interval]))", ""),
        (
            "sum by (route, instance) (rate(a_total{status='503'}[5m])) > 0",
            "",
        ),
        (
            "histogram_quantile(0.95, sum by (le) (rate(b_bucket[5m])))",
            "",
        ),
        ("max(c) == 0 and on (job) up{job=~'x|y'} offset 5m", ""),
        ("sum(rate(a[5m])) / c", "a"),
        ("a_total{outcome!='done'}", "a_total{outcome}"),
        ("a_total{status='200', kind!~'x'}", "a_total{kind}"),
        ("sum without (le) (c)", "c{le}"),
        ("sum(rate(a_total[5m])) by (colour)", "a_total{colour}"),
        ("c or d", "d"),
    ] {
        let missing = missing(&exported, expression).join(" ");
        assert_eq!(missing, expected, "{expression}");
    }
    let dashboard = r#"{"refId": "A", "expr": "c{job=\"x\"}", "legendFormat": "{{job}}"}"#;
    assert_eq!(expressions(dashboard), ["c{job='x'}"]);
    assert_eq!(shown(dashboard), BTreeSet::from(["job"]));
    let rules = "        expr: c > 1\n  - series: 'c{job=\"x\"}'\n";
    assert_eq!(expressions(rules), ["c > 1", "c{job=\"x\"}"]);
    assert_eq!(
        shown("{{ $value }} of {{ $labels.instance }}"),
        BTreeSet::from(["instance"])
    );
}
