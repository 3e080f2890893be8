//! LibreTranslate, its answers and its errors.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Frontend, answer};
use crate::Cases;
use crate::fixture::Backend;

pub(super) fn add(cases: &mut Cases) {
    cases.plain("apis/libre/texts_and_arrays", texts);
    cases.plain("apis/libre/the_language_is_detected", detection);
    cases.plain("apis/libre/marks_of_html_stay_on_their_words", html);
    cases.plain("apis/libre/every_format_of_a_request", formats);
    cases.plain("apis/libre/the_request_of_the_original_app", original);
    cases.plain("apis/libre/errors_have_its_words", errors);
    cases.plain("apis/libre/the_other_paths", others);
    cases.plain("apis/libre/the_paths_of_its_description_exist", description);
}

async fn texts() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let answer = frontend
        .ok(
            "/translate",
            json!({"q": "Guten Tag.\n\n- Wie geht es?", "source": "de", "target": "en"}),
        )
        .await;
    let expected = json!({"translatedText": "GUTEN TAG.\n\n- WIE GEHT ES?"});
    assert_eq!(answer, expected, "the layout stays");
    let answer = frontend
        .ok(
            "/translate",
            json!({"q": ["Guten Tag.", "", "```\nls\n```", "Ja."], "source": "DE", "target": "EN", "alternatives": 2}),
        )
        .await;
    assert_eq!(
        answer,
        json!({
            "translatedText": ["GUTEN TAG.", "", "```\nls\n```", "JA."],
            "alternatives": [[], [], [], []],
        })
    );
    assert!(!backend.links().contains(&true), "no marks, no links");
}

async fn detection() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let auto = |q: Value| json!({"q": q, "source": "auto", "target": "en"});
    let answer = frontend
        .ok("/translate", auto(json!("Guten Tag, wie geht es?")))
        .await;
    let german = json!({"confidence": 99.0, "language": "de"});
    let english = json!({"confidence": 99.0, "language": "en"});
    assert_eq!(
        answer,
        json!({"translatedText": "GUTEN TAG, WIE GEHT ES?", "detectedLanguage": german})
    );
    let answer = frontend
        .ok("/translate", auto(json!(["Guten Tag, wie geht es?", "OK"])))
        .await;
    assert_eq!(answer["detectedLanguage"], json!([german, german]));
    // English is not translated.
    let before = backend.texts().len();
    let text = "Good morning, how are you today?";
    let answer = frontend.ok("/translate", auto(json!(text))).await;
    assert_eq!(
        answer,
        json!({"translatedText": text, "detectedLanguage": english})
    );
    let html = "<p>Good <b>morning</b>, how are you &lt;today&gt;?</p>";
    let answer = frontend
        .ok(
            "/translate",
            json!({"q": html, "source": "auto", "target": "en", "format": "html"}),
        )
        .await;
    assert_eq!(answer["translatedText"], html);
    assert_eq!(backend.texts().len(), before);
    let answer = frontend.ok("/detect", json!({"q": text})).await;
    assert_eq!(answer, json!([english]));
    let answer = frontend.ok("/detect", json!({"q": "Guten Tag."})).await;
    assert_eq!(answer, json!([german]));
}

async fn html() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    for (html, expected) in [
        (
            "<p>Das ist <b>wichtig</b> &amp; <a href=\"/x\">neu hier</a>.</p>\n<ul><li>Eins<li>Zwei</ul>",
            "<p>DAS IST <b>WICHTIG</b> &amp; <a href=\"/x\">NEU HIER</a>.</p>\n<ul><li>EINS<li>ZWEI</ul>",
        ),
        (
            "<p>Siehe &lt;script&gt; und <code>let x</code> dort.</p><script>var a = 1;</script>",
            "<p>SIEHE &lt;SCRIPT&gt; UND <code>let x</code> DORT.</p><script>var a = 1;</script>",
        ),
        // Lines that are hyphenated by chance.
        (
            "<p>Die Kran-<p>kenkasse zahlt.",
            "<p>DIE KRAN-<p>KENKASSE ZAHLT.",
        ),
        ("", ""),
        ("<br>", "<br>"),
    ] {
        let request = json!({"q": [html], "source": "de", "target": "en", "format": "html"});
        let answer = frontend.ok("/translate", request).await;
        assert_eq!(answer["translatedText"], json!([expected]));
    }
    assert_eq!(backend.links(), [true, true, false]);
}

async fn formats() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let form = "q=Gr%C3%BC%C3%9Fe%0D%0Aan+alle&source=de&target=en";
    let multipart = ["q", "source", "target"].map(|name| {
        let value = match name {
            "q" => "Grüße\r\nan alle",
            "source" => "de",
            _ => "en",
        };
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    });
    let multipart = multipart.concat() + "--x--\r\n";
    let translate = || frontend.post("/translate");
    for request in [
        frontend.form("/translate", form),
        frontend.post(&format!("/translate?{form}")),
        translate()
            .header("content-type", "multipart/form-data; boundary=x")
            .body(multipart),
        translate().body(r#"{"q": "Grüße\nan alle", "source": "de", "target": "en"}"#),
        // What the body says counts.
        frontend.form("/translate?q=Ja&source=fr", form),
        frontend
            .post("/translate?source=de&target=fr")
            .json(&json!({"q": "Grüße\nan alle", "source": null, "target": "en"})),
    ] {
        let (status, answer) = answer(request.send().await.unwrap()).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer, json!({"translatedText": "GRÜSSE\nAN ALLE"}));
    }
}

async fn original() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    for (german, english) in [("Guten Tag.\n\nJa.", "GUTEN TAG.\n\nJA."), ("", "")] {
        let answer = frontend.ok("/translate", json!({"text_de": german})).await;
        assert_eq!(answer, json!({"text_en": english}));
    }
}

async fn errors() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &["--max-text-bytes=100"]).await;
    let request = |changes: Value| {
        let mut request = json!({"q": "Ja.", "source": "de", "target": "en"});
        for (name, value) in changes.as_object().unwrap() {
            request[name] = value.clone();
        }
        request
    };
    for (changes, expected) in [
        (json!({"q": ""}), "Invalid request: missing q parameter"),
        (json!({"q": []}), "Invalid request: missing q parameter"),
        (json!({"q": null}), "Invalid request: missing q parameter"),
        (json!({"q": 7}), "Invalid request: missing q parameter"),
        (
            json!({"q": ["a", 7]}),
            "Invalid request: q parameter is not a text",
        ),
        (
            json!({"source": ""}),
            "Invalid request: missing source parameter",
        ),
        (
            json!({"target": null}),
            "Invalid request: missing target parameter",
        ),
        (
            json!({"q": vec!["a"; 1001], "source": "zz"}),
            "Invalid request: request (1001) exceeds text limit (1000)",
        ),
        (
            json!({"q": "ä".repeat(51), "source": "zz", "alternatives": "many"}),
            "Invalid request: alternatives parameter is not a number",
        ),
        (
            json!({"q": vec!["a"; 10_000]}),
            "Invalid request: more than 10000 values",
        ),
        (json!({"source": "ZZ"}), "zz is not supported"),
        (json!({"target": "fr"}), "fr is not supported"),
        (json!({"format": "docx"}), "docx format is not supported"),
        (
            json!({"alternatives": "many"}),
            "Invalid request: alternatives parameter is not a number",
        ),
        (
            json!({"source": "en", "target": "de"}),
            "German (de) is not available as a target language from English (en)",
        ),
        (
            json!({"q": "ä".repeat(51)}),
            "Invalid request: request (102) exceeds text limit (100)",
        ),
    ] {
        let (status, answer) = frontend.json("/translate", request(changes)).await;
        assert_eq!((status.as_u16(), answer), (400, json!({"error": expected})));
    }
    let (status, answer) = frontend.json("/translate", json!(["Ja."])).await;
    assert_eq!(answer, json!({"error": "Invalid JSON format"}));
    assert_eq!(status, 400);
    let (status, answer) = frontend.json("/detect", json!({})).await;
    assert_eq!(
        answer,
        json!({"error": "Invalid request: missing q parameter"})
    );
    assert_eq!(status, 400);
    let body = vec![b' '; 2 << 20];
    let (status, _) =
        super::answer(frontend.post("/translate").body(body).send().await.unwrap()).await;
    assert_eq!(status, 413);
    assert!(backend.texts().is_empty());
}

async fn others() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let get = async |path: &str| {
        let (status, answer) = answer(frontend.get(path).send().await.unwrap()).await;
        assert_eq!(status, 200, "{path}");
        answer
    };
    let languages = get("/languages").await;
    let codes: Vec<_> = languages
        .as_array()
        .unwrap()
        .iter()
        .map(|language| &language["code"])
        .collect();
    for language in languages.as_array().unwrap() {
        assert!(language["name"].is_string());
        // The web page of LibreTranslate fails if a target is not a language.
        let targets = language["targets"].as_array().unwrap();
        assert!(targets.iter().all(|target| codes.contains(&target)));
    }
    assert_eq!(get("/health").await, json!({"status": "ok"}));
    let settings = get("/frontend/settings").await;
    for (name, expected) in [
        ("charLimit", json!(-1)),
        ("frontendTimeout", json!(500)),
        ("apiKeys", json!(false)),
        ("keyRequired", json!(false)),
        ("suggestions", json!(false)),
        ("filesTranslation", json!(true)),
    ] {
        assert_eq!(settings[name], expected, "{name}");
    }
    let formats = settings["supportedFilesFormat"].as_array().unwrap();
    assert!(formats.contains(&json!(".docx")) && formats.contains(&json!(".pdf")));
    assert_eq!(settings["language"]["source"]["code"], "auto");
    assert_eq!(settings["language"]["target"]["code"], "en");
    let (status, refusal) = frontend.json("/suggest", json!({"q": "Ja."})).await;
    let expected = json!({"error": "Suggestions are disabled on this server."});
    assert_eq!((status.as_u16(), refusal), (403, expected));
    for (method, path) in [
        (Method::GET, "/translate"),
        (Method::GET, "/detect"),
        (Method::POST, "/languages"),
        (Method::PUT, "/translate"),
    ] {
        let (status, _) = answer(frontend.request(&method, path).send().await.unwrap()).await;
        assert_eq!(status, 405, "{path}");
    }
}

async fn description() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let (_, spec) = answer(frontend.get("/spec").send().await.unwrap()).await;
    assert_eq!(spec["swagger"], "2.0");
    let paths = spec["paths"].as_object().unwrap();
    assert!(paths.len() >= 8);
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            let request = frontend.request(&method, path);
            let status = request.send().await.unwrap().status();
            assert!(
                operation["responses"].get(status.as_str()).is_some(),
                "{path}: {status}"
            );
        }
    }
}
