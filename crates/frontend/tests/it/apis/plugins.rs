//! The shapes of `DeepLX`, Immersive Translate, kiss-translator and hcfy.

use serde_json::{Value, json};

use super::Frontend;
use crate::Cases;
use crate::fixture::Backend;

pub(super) fn add(cases: &mut Cases) {
    cases.plain("apis/plugins/shapes", shapes);
    cases.plain("apis/plugins/errors", errors);
}

async fn shapes() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    for (path, request, expected) in [
        (
            "/deeplx",
            json!({"text": "Guten Tag.", "source_lang": "DE", "target_lang": "EN"}),
            json!({
                "code": 200, "id": 0, "data": "GUTEN TAG.", "alternatives": [],
                "source_lang": "DE", "target_lang": "EN", "method": "Free",
            }),
        ),
        (
            "/imme",
            json!({"source_lang": "auto", "target_lang": "en", "text_list": ["Guten Tag, alle zusammen.", "Ja."]}),
            json!({"translations": [
                {"detected_source_lang": "de", "text": "GUTEN TAG, ALLE ZUSAMMEN."},
                {"detected_source_lang": "de", "text": "JA."},
            ]}),
        ),
        (
            "/imme",
            json!({"source_lang": "auto", "target_lang": "en", "text_list": [
                "Guten Tag, alle zusammen. Wie geht es Ihnen heute?", "OK",
                "Good morning everybody. How are you all today?",
            ]}),
            json!({"translations": [
                {"detected_source_lang": "de", "text": "GUTEN TAG, ALLE ZUSAMMEN. WIE GEHT ES IHNEN HEUTE?"},
                {"detected_source_lang": "de", "text": "OK"},
                {"detected_source_lang": "en", "text": "Good morning everybody. How are you all today?"},
            ]}),
        ),
        (
            "/kiss",
            json!({"texts": [
                "Guten Tag, alle zusammen. Wie geht es Ihnen heute?",
                "Good morning everybody. How are you all today?",
            ], "to": "en"}),
            json!({"translations": [
                {"src": "de", "text": "GUTEN TAG, ALLE ZUSAMMEN. WIE GEHT ES IHNEN HEUTE?"},
                {"src": "en", "text": "Good morning everybody. How are you all today?"},
            ]}),
        ),
        (
            "/kiss",
            json!({"text": "Guten Tag.", "from": "de", "to": "en-US"}),
            json!({"text": "GUTEN TAG.", "from": "de", "to": "en"}),
        ),
        (
            "/kiss",
            json!({"texts": ["Guten Tag.", "Ja."], "from": "de", "to": "en"}),
            json!({"translations": [{"text": "GUTEN TAG.", "src": "de"}, {"text": "JA.", "src": "de"}]}),
        ),
        (
            "/kiss",
            json!({"texts": ["Good morning, how are you?"], "from": "", "to": "en"}),
            json!({"translations": [{"text": "Good morning, how are you?", "src": "en"}]}),
        ),
        (
            "/hcfy",
            json!({"text": "Guten Tag.\nJa.", "source": "德语", "destination": ["英语"]}),
            json!({"text": "Guten Tag.\nJa.", "from": "德语", "to": "英语", "result": ["GUTEN TAG.", "JA."]}),
        ),
        (
            "/hcfy",
            json!({"text": "Guten Tag, alle zusammen.", "destination": ["de", "en"]}),
            json!({
                "text": "Guten Tag, alle zusammen.", "from": "德语", "to": "英语",
                "result": ["GUTEN TAG, ALLE ZUSAMMEN."],
            }),
        ),
    ] {
        let mut answer = frontend.ok(path, request).await;
        if let Some(id) = answer.get_mut("id") {
            assert!(id.take().is_u64());
            *id = json!(0);
        }
        assert_eq!(answer, expected, "{path}");
    }
}

async fn errors() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let of_others = |message: &str| json!({ "error": message });
    let of_deeplx = |message: &str| json!({"code": 400, "message": message});
    let cases: [(&str, Value, Value); 6] = [
        (
            "/deeplx",
            json!({"target_lang": "EN"}),
            of_deeplx("text is missing"),
        ),
        (
            "/deeplx",
            json!({"text": "Ja.", "source_lang": "ZH", "target_lang": "EN"}),
            of_deeplx("ZH is not supported"),
        ),
        (
            "/imme",
            json!({"text_list": ["Ja."]}),
            of_others("target_lang is missing"),
        ),
        (
            "/imme",
            json!({"text_list": ["Ja.", 7], "target_lang": "en"}),
            of_others("text_list is not a list of texts"),
        ),
        (
            "/kiss",
            json!({"text": "Ja.", "to": "de"}),
            of_others("de is not available as a target language"),
        ),
        (
            "/hcfy",
            json!({"text": "Ja.", "destination": ["日语"]}),
            of_others("日语 is not supported"),
        ),
    ];
    for (path, request, expected) in cases {
        let (status, answer) = frontend.json(path, request).await;
        assert_eq!((status.as_u16(), answer), (400, expected), "{path}");
    }
}
