//! Keys, rates, proxies, and requests of other sites.

use reqwest::{Method, Response, StatusCode};
use serde_json::json;

use super::{Frontend, answer};
use crate::Cases;
use crate::fixture::Backend;

pub(super) fn add(cases: &mut Cases) {
    cases.plain("apis/access/any_site_may_use_the_apis_but_no_page", sites);
    cases.plain("apis/access/off", off);
    cases.plain("apis/access/keys", keys);
    cases.plain("apis/access/rates_of_addresses_behind_a_proxy", proxy);
    cases.plain("apis/access/rates_of_keys", rates);
}

/// Every path of these APIs, with its method.
const PATHS: [(Method, &str); 16] = [
    (Method::POST, "/translate"),
    (Method::POST, "/detect"),
    (Method::POST, "/translate_file"),
    (Method::GET, "/download_file/1"),
    (Method::POST, "/v2/document"),
    (Method::GET, "/v2/document/1"),
    (Method::GET, "/v2/document/1/result"),
    (Method::GET, "/languages"),
    (Method::GET, "/frontend/settings"),
    (Method::POST, "/suggest"),
    (Method::GET, "/health"),
    (Method::GET, "/spec"),
    (Method::POST, "/deeplx"),
    (Method::POST, "/imme"),
    (Method::POST, "/kiss"),
    (Method::POST, "/hcfy"),
];

async fn sites() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let send = async |method: &Method, path: &str, name: &'static str| {
        let request = frontend.request(method, path);
        let request = request.header("origin", "https://elsewhere.example");
        request.header(name, "POST").send().await.unwrap()
    };
    let origin = "access-control-allow-origin";
    for (method, path) in &PATHS {
        let response = send(method, path, "x-any").await;
        assert_eq!(response.headers()[origin], "*", "{path}");
        assert!(!response.headers().contains_key("set-cookie"));
        // The same-origin check has another text.
        if response.status() == StatusCode::FORBIDDEN {
            assert_eq!(*path, "/suggest");
        }
        let preflight = send(&Method::OPTIONS, path, "access-control-request-method").await;
        assert_eq!(preflight.status(), 200, "{path}");
        assert_eq!(preflight.headers()[origin], "*");
        for (name, expected) in [
            ("access-control-allow-methods", "GET,POST"),
            ("access-control-allow-headers", "authorization,content-type"),
            ("access-control-max-age", "1728000"),
        ] {
            assert_eq!(preflight.headers()[name], expected, "{path}");
        }
    }
    for (method, path, expected) in [
        (Method::GET, "/", 200),
        (Method::POST, "/", 403),
        (Method::GET, "/history", 200),
        (Method::GET, "/query_db", 200),
        (Method::POST, "/query_db", 403),
        (Method::GET, "/readyz", 200),
        (Method::GET, "/nowhere", 404),
        (Method::OPTIONS, "/history", 405),
    ] {
        let response = send(&method, path, "access-control-request-method").await;
        assert!(!response.headers().contains_key(origin), "{path}");
        if path != "/history" && path != "/query_db" {
            assert_eq!(response.status(), expected, "{method} {path}");
        }
    }
}

async fn off() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &["--api=off"]).await;
    for (method, path) in PATHS {
        let response = frontend.request(&method, path).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        assert!(
            response
                .text()
                .await
                .unwrap()
                .contains("There is nothing here")
        );
    }
}

async fn keys() {
    let backend = Backend::start().await;
    let frontend = Frontend::with_keys(&backend, "geheim1 Mastodon\ngeheim2\n", &[]).await;
    let request =
        |key: Option<&str>| json!({"q": "Ja.", "source": "de", "target": "en", "api_key": key});
    let (status, answer) = frontend.json("/translate", request(None)).await;
    let error = "Please contact the server operator to get an API key";
    assert_eq!((status.as_u16(), answer), (400, json!({"error": error})));
    let (status, answer) = frontend.json("/translate", request(Some("geheim"))).await;
    assert_eq!(
        (status.as_u16(), answer),
        (403, json!({"error": "Invalid API key"}))
    );
    frontend.ok("/translate", request(Some("geheim2"))).await;
    for scheme in ["Bearer", "DeepL-Auth-Key"] {
        for (key, expected) in [("geheim1", 200), ("geheim3", 403)] {
            let request = frontend
                .post("/kiss")
                .json(&json!({"text": "Ja.", "to": "en"}));
            let request = request.header("authorization", format!("{scheme} {key}"));
            assert_eq!(request.send().await.unwrap().status(), expected, "{key}");
        }
    }
    // A wrong key is refused before the body arrives: here it is not even JSON.
    for request in [
        frontend
            .post("/translate")
            .header("authorization", "Bearer geheim3"),
        frontend
            .post("/translate_file")
            .header("authorization", "Bearer geheim3"),
    ] {
        assert_eq!(request.body("{").send().await.unwrap().status(), 403);
    }
    // A field of the body wins.
    frontend
        .ok("/translate?api_key=", request(Some("geheim2")))
        .await;
    let wrong = frontend.json(
        "/deeplx?token=geheim3",
        json!({"text": "Ja.", "target_lang": "EN"}),
    );
    assert_eq!(wrong.await.0, 403);
    let body = json!({"text": "Ja.", "target_lang": "EN"});
    frontend.ok("/deeplx?token=geheim1", body.clone()).await;
    let (status, answer) = frontend.json("/deeplx", body).await;
    assert_eq!(status, 403);
    assert_eq!(answer["code"], 403);
    // Programs ask for these before anybody has typed a key.
    let settings = frontend.get("/frontend/settings").send().await.unwrap();
    let (_, settings) = super::answer(settings).await;
    assert_eq!(settings["keyRequired"], true);
    for path in ["/languages", "/health", "/spec"] {
        assert_eq!(frontend.get(path).send().await.unwrap().status(), 200);
    }
}

/// Asserts that a request was refused for a while, and returns that time.
async fn refused(response: Response) -> u64 {
    let retry_after = response.headers()["retry-after"].to_str().unwrap().parse();
    let (status, answer) = answer(response).await;
    assert_eq!(status, 429);
    let error = answer["error"].as_str().unwrap();
    assert!(error.starts_with("Slowdown:"), "{error}");
    retry_after.unwrap()
}

async fn proxy() {
    let backend = Backend::start().await;
    for (proxies, is_believed) in [("10.0.0.0/8,127.0.0.0/8", true), ("10.0.0.0/8", false)] {
        let proxies = format!("--trusted-proxies={proxies}");
        let flags = ["--api-requests-per-minute=1", &proxies];
        let frontend = Frontend::start(&backend, &flags).await;
        let send = async |address: &str| {
            let request = frontend.post("/detect").json(&json!({"q": "Guten Tag."}));
            request
                .header("x-forwarded-for", address)
                .send()
                .await
                .unwrap()
        };
        assert_eq!(send("192.0.2.1").await.status(), 200);
        let wait = refused(send("192.0.2.1").await).await;
        assert!((50..=60).contains(&wait), "{wait}");
        // What comes before the proxy's own entry is from the client.
        refused(send("192.0.2.9, 192.0.2.1").await).await;
        let other = send("192.0.2.2").await.status();
        assert_eq!(other, if is_believed { 200 } else { 429 });
    }
}

async fn rates() {
    let backend = Backend::start().await;
    let flags = ["--api-characters-per-minute=1000"];
    let frontend = Frontend::with_keys(&backend, "one\ntwo\n", &flags).await;
    let send = async |key: &str, text: &str| {
        let request = json!({"q": text, "source": "de", "target": "en", "api_key": key});
        frontend
            .post("/translate")
            .json(&request)
            .send()
            .await
            .unwrap()
    };
    let text = "Fünfzig Zeichen hat dieser Satz, das sind genug.".repeat(18);
    assert_eq!(send("one", &text).await.status(), 200);
    let wait = refused(send("one", &text).await).await;
    assert!((30..=60).contains(&wait), "{wait}");
    assert_eq!(send("one", "Ja.").await.status(), 200, "that fits");
    assert_eq!(send("two", &text).await.status(), 200, "another key");
}
