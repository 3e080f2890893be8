//! DeepL, its answers and its errors.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Frontend, answer};
use crate::Cases;
use crate::fixture::Backend;

pub(super) fn add(cases: &mut Cases) {
    cases.plain("apis/deepl/texts", texts);
    cases.plain(
        "apis/deepl/the_language_of_each_text_is_detected",
        detection,
    );
    cases.plain("apis/deepl/forms", forms);
    cases.plain("apis/deepl/marks_of_xml_and_html", tags);
    cases.plain("apis/deepl/lines", lines);
    cases.plain("apis/deepl/errors_have_its_words", errors);
    cases.plain("apis/deepl/languages_and_usage", languages_and_usage);
    cases.plain("apis/deepl/glossaries_and_what_is_not_there", absent);
    cases.plain("apis/deepl/keys_and_the_quota", keys);
}

const TRANSLATE: &str = "/v2/translate";

/// Returns a translation in an answer.
fn translation(source: &str, text: &str, characters: usize) -> Value {
    json!({"detected_source_language": source, "text": text, "billed_characters": characters})
}

impl Frontend {
    /// Translates a text with these options; returns the translation.
    async fn deepl(&self, text: &str, options: Value) -> String {
        let mut request = json!({"text": [text], "source_lang": "DE", "target_lang": "EN-GB"});
        let Value::Object(options) = options else {
            panic!("{options} is not an object");
        };
        request.as_object_mut().unwrap().extend(options);
        let answer = self.ok(TRANSLATE, request).await;
        answer["translations"][0]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

async fn texts() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    // The fields of DeepL's own client, and null for what a program leaves out.
    let request = json!({
        "text": ["Grüße an alle.", "", "Ja.\n\n- Nein."], "target_lang": "en-us", "source_lang": "de",
        "show_billed_characters": true, "preserve_formatting": false, "context": "Ein Brief",
        "formality": "Prefer_More", "glossary_id": "", "custom_instructions": [],
        "tag_handling": null, "split_sentences": null, "enable_beta_languages": true,
    });
    assert_eq!(
        frontend.ok(TRANSLATE, request).await,
        json!({"translations": [
            translation("DE", "GRÜSSE AN ALLE.", 14),
            translation("DE", "", 0),
            translation("DE", "JA.\n\n- NEIN.", 12),
        ]})
    );
    for (wanted, used) in [
        ("quality_optimized", "quality_optimized"),
        ("prefer_quality_optimized", "quality_optimized"),
        ("latency_optimized", "latency_optimized"),
    ] {
        let request = json!({"text": "Ja.", "target_lang": "EN", "model_type": wanted});
        let answer = frontend.ok(TRANSLATE, request).await;
        assert_eq!(answer["translations"][0]["model_type_used"], used);
    }
}

async fn detection() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let english = "Good <b>morning</b>, how are you?";
    let request = json!({
        "text": ["Guten <b>Morgen</b>, wie geht es?", english], "target_lang": "EN", "source_lang": "",
        "tag_handling": "html",
    });
    let answer = frontend.ok(TRANSLATE, request).await;
    let found: Vec<_> = answer["translations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["detected_source_language"].clone(), one["text"].clone()))
        .collect();
    assert_eq!(
        found,
        [
            (json!("DE"), json!("GUTEN <b>MORGEN</b>, WIE GEHT ES?")),
            (json!("EN"), json!(english)),
        ]
    );
    assert_eq!(
        backend.texts(),
        ["Guten Morgen, wie geht es?"],
        "no English"
    );
}

async fn forms() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    for form in [
        "text=Ja.&text=Nein.&target_lang=EN&source_lang=DE&preserve_formatting=1&outline_detection=0",
        "text[]=Ja.&text[]=Nein.&target_lang=EN&source_lang=DE&preserve_formatting=True&formality=",
    ] {
        let request = frontend.form(TRANSLATE, form);
        let expected =
            json!({"translations": [translation("DE", "JA.", 3), translation("DE", "NEIN.", 5)]});
        assert_eq!(
            answer(request.send().await.unwrap()).await,
            (StatusCode::OK, expected)
        );
    }
    let form = "text=<a>Ja</a><b>Nein</b><c>Hm</c>&target_lang=EN&source_lang=DE\
        &tag_handling=xml&ignore_tags=a,c";
    let request = frontend.form(TRANSLATE, form).send().await.unwrap();
    let (_, answer) = answer(request).await;
    assert_eq!(
        answer["translations"][0]["text"],
        "<a>Ja</a><b>NEIN</b><c>Hm</c>"
    );
}

async fn tags() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let xml = |more: Value| {
        let mut options = json!({"tag_handling": "xml"});
        options
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        options
    };
    for (options, text, expected) in [
        (json!({}), "1 <b>&amp;</b> zwei", "1 <B>&AMP;</B> ZWEI"),
        (
            xml(json!({"ignore_tags": ["x"]})),
            "Klicken Sie auf <x id=\"7\"></x> und <b>dann</b> &lt;hier&gt;.",
            "KLICKEN SIE AUF <x id=\"7\"></x> UND <b>DANN</b> &lt;HIER&gt;.",
        ),
        (
            xml(json!({"ignore_tags": "x,y"})),
            "<x>Nein</x> aber <y>doch</y> ja",
            "<x>Nein</x> ABER <y>doch</y> JA",
        ),
        (
            xml(json!({"splitting_tags": ["par"], "outline_detection": false})),
            "<doc><par>Das ist <i>es</i></par><par>Ja</par></doc>",
            "<doc><par>DAS IST <i>ES</i></par><par>JA</par></doc>",
        ),
        (
            xml(json!({"split_sentences": "1"})),
            "<p>Eins\nZwei\r\nDrei</p>",
            "<p>EINS\nZWEI\r\nDREI</p>",
        ),
        (
            xml(json!({"split_sentences": "nonewlines"})),
            "<p>Eins\nZwei\r\nDrei</p>",
            "<p>EINS ZWEI DREI</p>",
        ),
        (
            xml(json!({"tag_handling_version": "v1"})),
            "Ein <b>Tag",
            "EIN <b>TAG",
        ),
        (
            json!({"tag_handling": "html"}),
            "<p translate=\"no\">Nein</p><p>Kein &lt;script&gt;\nhier.</p>",
            "<p translate=\"no\">Nein</p><p>KEIN &lt;SCRIPT&gt; HIER.</p>",
        ),
    ] {
        assert_eq!(frontend.deepl(text, options).await, expected);
    }
    let strict = json!({
        "text": ["Ein <b>Tag"], "target_lang": "EN", "tag_handling": "xml", "tag_handling_version": "v2",
    });
    let message = json!({"message": "Tag handling parsing failed, please check input."});
    let refused = (StatusCode::BAD_REQUEST, message);
    assert_eq!(frontend.json(TRANSLATE, strict).await, refused);
    let named = json!({"text": ["<b>Ja</b>"], "target_lang": "EN", "tag_handling": "xml"});
    let answer = frontend.ok(TRANSLATE, named).await;
    assert_eq!(answer["translations"][0]["tag_handling_version"], "v1");
}

async fn lines() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let text = "Das Haus am\nSee ist\n\nrot.";
    for (split, sentences) in [
        ("1", &["Das Haus am\nSee ist\n\nrot."][..]),
        ("0", &["Das Haus am See ist\n\nrot."][..]),
        ("nonewlines", &["Das Haus am See ist\n\nrot."][..]),
    ] {
        let before = backend.texts().len();
        frontend
            .deepl(text, json!({"split_sentences": split}))
            .await;
        assert_eq!(backend.texts()[before..], *sentences, "{split}");
    }
    // The characters are those of the request.
    let request =
        json!({"text": ["a\nb"], "target_lang": "EN", "source_lang": "DE", "split_sentences": "0"});
    let answer = frontend.ok(TRANSLATE, request).await;
    assert_eq!(answer["translations"], json!([translation("DE", "A B", 3)]));
}

#[expect(clippy::too_many_lines, reason = "a table of requests and answers")]
async fn errors() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &["--max-text-bytes=100"]).await;
    let unsupported = |name: &str| format!("Value for '{name}' not supported.");
    let cases = [
        (
            400,
            json!({"target_lang": "EN"}),
            "Parameter 'text' not specified.".to_owned(),
        ),
        (
            400,
            json!({"text": []}),
            "Parameter 'text' not specified.".to_owned(),
        ),
        (400, json!({"text": [7]}), unsupported("text")),
        (
            400,
            json!({"text": ["a"], "target_lang": ""}),
            "Parameter 'target_lang' not specified.".to_owned(),
        ),
        (
            400,
            json!({"target_lang": "FR"}),
            unsupported("target_lang"),
        ),
        (400, json!({"target_lang": 1}), unsupported("target_lang")),
        (
            400,
            json!({"source_lang": "FR"}),
            unsupported("source_lang"),
        ),
        (
            400,
            json!({"formality": "more"}),
            "Target language 'EN-GB' doesn't support formality.".to_owned(),
        ),
        (400, json!({"formality": "rude"}), unsupported("formality")),
        (
            400,
            json!({"split_sentences": "2"}),
            unsupported("split_sentences"),
        ),
        (
            400,
            json!({"tag_handling": "markdown"}),
            unsupported("tag_handling"),
        ),
        (
            400,
            json!({"tag_handling_version": "v3"}),
            unsupported("tag_handling_version"),
        ),
        (
            400,
            json!({"outline_detection": "perhaps"}),
            unsupported("outline_detection"),
        ),
        (
            400,
            json!({"preserve_formatting": 2}),
            unsupported("preserve_formatting"),
        ),
        (
            400,
            json!({"ignore_tags": [null]}),
            unsupported("ignore_tags"),
        ),
        (
            400,
            json!({"model_type": "best"}),
            unsupported("model_type"),
        ),
        (
            400,
            json!({"custom_instructions": ["Rhyme."]}),
            unsupported("custom_instructions"),
        ),
        (
            400,
            json!({"text": vec!["a"; 51]}),
            "Value for 'text' not supported: a request may have 50 texts.".to_owned(),
        ),
        (
            404,
            json!({"glossary_id": "def3a26b"}),
            "Glossary not found".to_owned(),
        ),
        (
            404,
            json!({"style_id": "def3a26b"}),
            "Style rule list not found".to_owned(),
        ),
        (
            413,
            json!({"text": ["a".repeat(60), "b".repeat(60)]}),
            "the request exceeds the text limit of 100 bytes (MAX_TEXT_BYTES)".to_owned(),
        ),
    ];
    for (status, fields, message) in cases {
        let mut request = json!({"text": ["Ja."], "target_lang": "EN-GB"});
        if fields.get("target_lang").is_some_and(|code| code == "EN") {
            request.as_object_mut().unwrap().remove("text");
        }
        let fields_of = fields.as_object().unwrap().clone();
        request.as_object_mut().unwrap().extend(fields_of);
        let (found, answer) = frontend.json(TRANSLATE, request).await;
        assert_eq!(
            (found.as_u16(), answer),
            (status, json!({ "message": message })),
            "{fields}"
        );
    }
    let broken = frontend.post(TRANSLATE).body("{").send().await.unwrap();
    let expected = json!({"message": "Invalid JSON format"});
    assert_eq!(answer(broken).await, (StatusCode::BAD_REQUEST, expected));
    assert!(backend.texts().is_empty());
}

async fn languages_and_usage() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let source = json!([{"language": "DE", "name": "German"}]);
    let target = json!([
        {"language": "EN-GB", "name": "English (British)", "supports_formality": false},
        {"language": "EN-US", "name": "English (American)", "supports_formality": false},
    ]);
    let get = |query: &str| frontend.get(&format!("/v2/languages{query}"));
    // DeepL's own client sends a form with a GET.
    let form = get("")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("type=target");
    for (request, expected) in [
        (get(""), &source),
        (get("?type=source"), &source),
        (get("?type=target"), &target),
        (form, &target),
    ] {
        let (status, found) = answer(request.send().await.unwrap()).await;
        assert_eq!((status.as_u16(), &found), (200, expected));
    }
    let (status, _) = answer(get("?type=all").send().await.unwrap()).await;
    assert_eq!(status, 400);
    frontend.deepl("Grüße!", json!({})).await;
    for method in [Method::GET, Method::POST] {
        let usage = frontend.request(&method, "/v2/usage").send().await.unwrap();
        let expected = json!({"character_count": 6, "character_limit": 1_000_000_000_000_u64});
        assert_eq!(answer(usage).await, (StatusCode::OK, expected));
    }
}

async fn absent() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    for (method, path, status) in [
        (Method::GET, "/v2/glossary-language-pairs", 200),
        (Method::GET, "/v2/glossaries", 200),
        (Method::GET, "/v3/glossaries", 200),
        (Method::POST, "/v2/glossaries", 400),
        (Method::GET, "/v2/glossaries/def3a26b", 404),
        (Method::DELETE, "/v3/glossaries/def3a26b", 404),
        (Method::GET, "/v2/document", 405),
        (Method::GET, "/v2/document/1/page", 404),
        (Method::GET, "/v3/languages", 404),
        (Method::POST, "/v2/write/rephrase", 404),
        (Method::GET, "/v2/translate", 405),
    ] {
        let response = frontend.request(&method, path).send().await.unwrap();
        let (found, answer) = answer(response).await;
        assert_eq!(found.as_u16(), status, "{path}");
        match status {
            200 => {
                let list = answer.as_object().unwrap().values().next().unwrap();
                assert_eq!(*list, json!([]), "{path}");
            }
            _ => assert!(answer["message"].is_string(), "{path}: {answer}"),
        }
    }
}

async fn keys() {
    let backend = Backend::start().await;
    let flags = ["--api-characters-per-day=10"];
    let frontend = Frontend::with_keys(&backend, "geheim Weblate\n", &flags).await;
    let request = || json!({"text": ["Ja."], "target_lang": "EN", "source_lang": "DE"});
    let post = || frontend.post(TRANSLATE).json(&request());
    let mut in_body = request();
    in_body["auth_key"] = json!("geheim");
    let calls = [
        (post(), 403),
        (post().header("authorization", "DeepL-Auth-Key falsch"), 403),
        (frontend.get("/v2/usage"), 403),
        (frontend.get("/v2/languages"), 403),
        (frontend.get("/v2/glossaries?auth_key=falsch"), 403),
        (post().header("authorization", "DeepL-Auth-Key geheim"), 200),
        (
            frontend
                .post(TRANSLATE)
                .json(&in_body)
                .header("authorization", "Basic bmFtZTp3b3J0"),
            200,
        ),
        (frontend.get("/v2/languages?auth_key=geheim"), 200),
    ];
    for (number, (request, status)) in calls.into_iter().enumerate() {
        let (found, answer) = answer(request.send().await.unwrap()).await;
        assert_eq!(found.as_u16(), status, "{number}: {answer}");
    }
    let usage = frontend.get("/v2/usage?auth_key=geheim").send().await;
    let usage = answer(usage.unwrap()).await;
    let expected = json!({"character_count": 6, "character_limit": 10});
    assert_eq!(usage, (StatusCode::OK, expected.clone()));
    // A text that is refused later is not billed.
    let mut strict = in_body.clone();
    strict["text"] = json!(["<b>"]);
    strict["tag_handling"] = json!("xml");
    strict["tag_handling_version"] = json!("v2");
    let refused = frontend.post(TRANSLATE).json(&strict).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let usage = frontend.get("/v2/usage?auth_key=geheim").send().await;
    assert_eq!(super::answer(usage.unwrap()).await.1, expected);
    // Its own status, which tells its clients not to try again.
    let mut long = in_body.clone();
    long["text"] = json!(["Nein, nein."]);
    let response = frontend.post(TRANSLATE).json(&long).send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    let (status, answer) = answer(response).await;
    assert_eq!(status.as_u16(), 456);
    assert!(answer["message"].is_string(), "{answer}");
}
