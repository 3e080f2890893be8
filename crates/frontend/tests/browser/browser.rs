//! A session of Chromium.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// Maximum wait for anything on a page. Only failures reach it, even on a busy machine.
const DEADLINE: Duration = Duration::from_mins(2);

/// Interval at which a condition is checked.
const POLL: Duration = Duration::from_millis(40);

/// Device on which the pages are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    /// A window of 1200 × 760.
    Desktop,
    /// A touch screen of that width.
    Phone(u32),
    /// A window, with JavaScript switched off in the settings.
    NoScript,
}

/// A running chromedriver.
#[derive(Debug)]
pub(crate) struct Driver {
    url: String,
    chromium: PathBuf,
    /// Killed on drop.
    _process: Child,
}

impl Driver {
    /// Starts one on a free port.
    pub(crate) async fn start() -> Result<Self, String> {
        let chromium = ["chromium", "google-chrome", "chromium-browser"]
            .into_iter()
            .find_map(on_path)
            .ok_or("ignored: no Chromium")?;
        let chromedriver = on_path("chromedriver").ok_or("ignored: no chromedriver")?;
        let mut process = Command::new(chromedriver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("chromedriver does not start: {error}"))?;
        let stdout = process.stdout.take().expect("piped");
        let mut lines = BufReader::new(stdout).lines();
        let port = loop {
            let line = lines.next_line().await.ok().flatten();
            let line = line.ok_or("chromedriver ended at once")?;
            let port = line.split("successfully on port ").nth(1);
            if let Some(port) = port {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // Its output must be read, or it would block once the pipe is full.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            chromium,
            _process: process,
        })
    }

    /// Opens a browser.
    pub(crate) async fn open(&self, device: Device) -> Browser {
        let mut arguments = vec![
            "--headless=new",
            "--disable-dev-shm-usage",
            "--window-size=1200,760",
            "--hide-scrollbars",
            "--lang=en",
        ];
        if is_root() {
            // Chromium has no sandbox for root, and containers run tests as root.
            arguments.push("--no-sandbox");
        }
        let mut options = json!({
            "binary": self.chromium,
            "args": arguments,
        });
        match device {
            Device::Desktop => {}
            Device::Phone(width) => {
                options["mobileEmulation"] = json!({
                    "deviceMetrics": {"width": width, "height": 800, "pixelRatio": 2, "touch": true}
                });
            }
            Device::NoScript => {
                options["prefs"] =
                    json!({"profile.managed_default_content_settings.javascript": 2});
            }
        }
        let capabilities = json!({
            "browserName": "chrome",
            // A page that streams is loading for as long as it is translated.
            "pageLoadStrategy": "none",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let capabilities: Capabilities = serde_json::from_value(capabilities).unwrap();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        // A busy machine may take longer to start Chromium than chromedriver waits for it.
        let client = match builder.connect(&self.url).await {
            Err(_) => builder.connect(&self.url).await,
            client => client,
        };
        let client = client.expect("a session of Chromium");
        let session = client.session_id().await.unwrap().expect("a session");
        Browser {
            client,
            session: format!("{}/session/{session}", self.url),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the path of programs is no setting of ours"
    )]
    let folders = std::env::var_os("PATH")?;
    let mut paths = std::env::split_paths(&folders).map(|folder| folder.join(program));
    paths.find(|path| path.is_file())
}

fn is_root() -> bool {
    // Nobody else may write there.
    std::fs::metadata("/proc/self").is_ok_and(|own| {
        use std::os::unix::fs::MetadataExt as _;
        own.uid() == 0
    })
}

/// Time limit for repeated attempts.
struct Patience {
    ends: Instant,
}

impl Patience {
    fn new() -> Self {
        Self {
            ends: Instant::now() + DEADLINE,
        }
    }

    /// Waits a moment. Returns false once the time is up.
    async fn lasts(&self) -> bool {
        sleep(POLL).await;
        Instant::now() < self.ends
    }
}

/// A browser with one window.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) client: Client,
    session: String,
    http: reqwest::Client,
}

impl Browser {
    /// Opens an address and waits until its page starts.
    pub(crate) async fn go(&self, url: &str) {
        self.leave(self.client.goto(url)).await;
    }

    /// Loads the page again and waits until it starts.
    pub(crate) async fn refresh(&self) {
        self.leave(self.client.refresh()).await;
    }

    /// Clicks a link or button that leads to another page and waits until that starts.
    pub(crate) async fn follow(&self, selector: &str) {
        self.leave(async {
            self.click(selector).await;
            Ok(())
        })
        .await;
    }

    /// Leaves the page. The browser does not wait for the next page, and the content of the old one
    /// must not be mistaken for it.
    async fn leave(&self, leave: impl Future<Output = Result<(), CmdError>>) {
        let (old, patience) = (self.document().await, Patience::new());
        leave.await.unwrap();
        while self.document().await == old || self.node_of("body").await.is_err() {
            assert!(patience.lasts().await, "no other page came");
        }
    }

    /// Returns the id of the current document, without running a script in it.
    async fn document(&self) -> Option<Value> {
        let tree = self.try_devtools("Page.getFrameTree", &json!({})).await;
        tree.ok()
            .map(|tree| tree["frameTree"]["frame"]["loaderId"].clone())
    }

    /// Evaluates a JavaScript expression; null while the page is changing.
    pub(crate) async fn eval(&self, expression: &str) -> Value {
        let script = format!("return ({expression})");
        let value = self.client.execute(&script, Vec::new()).await;
        value.unwrap_or(Value::Null)
    }

    /// Waits until an expression is true.
    pub(crate) async fn until(&self, expression: &str) {
        let patience = Patience::new();
        while !self.is(expression).await {
            if !patience.lasts().await {
                let page = self.eval("document.body.innerText").await;
                panic!("never true: {expression}\nThe page: {page}");
            }
        }
    }

    async fn is(&self, expression: &str) -> bool {
        self.eval(&format!("!!({expression})")).await == Value::Bool(true)
    }

    /// Waits until the HTML of the page contains a string, without running a script in it.
    pub(crate) async fn until_html(&self, piece: &str) {
        let patience = Patience::new();
        while !self.html().await.contains(piece) {
            let goes_on = patience.lasts().await;
            assert!(goes_on, "never found: {piece}\nin {}", self.html().await);
        }
    }

    /// Waits until the page shows a text.
    pub(crate) async fn shows(&self, text: &str) {
        let text = Value::from(text);
        self.until(&format!("document.body.innerText.includes({text})"))
            .await;
    }

    /// Waits until nothing is wider than the window and touch targets have at least 44 pixels, except
    /// for links in running text.
    pub(crate) async fn fits(&self) {
        self.until("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
            .await;
        self.until(
            "[...document.querySelectorAll('button, .button, nav a, summary, .drop')].every((one) => \
             !one.offsetHeight || one.offsetHeight >= 44 || one.matches('.link'))",
        )
        .await;
    }

    /// Waits until a field contains a text, without running a script in the page.
    pub(crate) async fn until_value(&self, selector: &str, value: &str) {
        let patience = Patience::new();
        while self.value(selector).await.as_deref() != Some(value) {
            assert!(patience.lasts().await, "{selector} never holds {value:?}");
        }
    }

    async fn value(&self, selector: &str) -> Option<String> {
        let field = self.client.find(Locator::Css(selector)).await.ok()?;
        field.prop("value").await.ok()?
    }

    /// Returns the visible text of an element; empty if it does not exist.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let selector = Value::from(selector);
        let text = self
            .eval(&format!("document.querySelector({selector})?.innerText"))
            .await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks an element at its position on the screen, as soon as it exists.
    pub(crate) async fn click(&self, selector: &str) {
        let patience = Patience::new();
        // Repeated if the page has replaced the element in the meantime.
        while let Err(error) = self.try_click(selector).await {
            assert!(patience.lasts().await, "{selector}: {error}");
        }
    }

    async fn try_click(&self, selector: &str) -> Result<(), CmdError> {
        let element = self.client.find(Locator::Css(selector)).await?;
        element.click().await
    }

    /// Moves the pointer over an element until this has the expected effect.
    pub(crate) async fn hover(&self, selector: &str, effect: &str) {
        self.point("mouse", selector, effect, &[]).await;
    }

    /// Taps an element with a finger until this has the expected effect.
    pub(crate) async fn tap(&self, selector: &str, effect: &str) {
        let tap = ["pointerDown", "pointerUp"];
        self.point("touch", selector, effect, &tap).await;
    }

    /// Performs a gesture on an element, repeated if it missed because the layout of the page
    /// changed at that moment.
    async fn point(&self, pointer: &str, selector: &str, effect: &str, then: &[&str]) {
        let patience = Patience::new();
        loop {
            if let Ok((x, y)) = self.middle_of(selector).await {
                // From elsewhere, because a mouse that is already there causes no event.
                let mut steps = vec![
                    json!({"type": "pointerMove", "x": 0, "y": 0}),
                    json!({"type": "pointerMove", "x": x, "y": y}),
                ];
                steps.extend(then.iter().map(|step| json!({"type": step, "button": 0})));
                let actions = json!({"actions": [{
                    "type": "pointer",
                    "id": pointer,
                    "parameters": {"pointerType": pointer},
                    "actions": steps,
                }]});
                // The element may have left the window again.
                let _ = self.command("actions", &actions).await;
                if self.is(effect).await {
                    return;
                }
            }
            assert!(patience.lasts().await, "{pointer} on {selector}: {effect}");
        }
    }

    /// Scrolls an element into the window and returns the middle of its first line.
    async fn middle_of(&self, selector: &str) -> Result<(f64, f64), String> {
        let node = json!({"nodeId": self.node_of(selector).await?});
        self.try_devtools("DOM.scrollIntoViewIfNeeded", &node)
            .await?;
        let quads = self.try_devtools("DOM.getContentQuads", &node).await?;
        let corner = |index: usize| quads["quads"][0][index].as_f64().ok_or("no corner");
        Ok((
            f64::midpoint(corner(0)?, corner(4)?),
            f64::midpoint(corner(1)?, corner(5)?),
        ))
    }

    /// Finds an element for the developer tools, without running a script in the page.
    pub(crate) async fn node_of(&self, selector: &str) -> Result<Value, String> {
        let root = json!({"depth": 0});
        let document = self.try_devtools("DOM.getDocument", &root).await?;
        let query = json!({"nodeId": document["root"]["nodeId"], "selector": selector});
        let found = self.try_devtools("DOM.querySelector", &query).await?;
        match &found["nodeId"] {
            Value::Number(id) if id.as_u64() > Some(0) => Ok(found["nodeId"].clone()),
            _ => Err(format!("no {selector}")),
        }
    }

    /// Presses keys in the focused element.
    pub(crate) async fn press(&self, keys: &[Key]) {
        let down = |key: &Key| json!({"type": "keyDown", "value": char::from(*key).to_string()});
        let up = |key: &Key| json!({"type": "keyUp", "value": char::from(*key).to_string()});
        let actions: Vec<Value> = keys
            .iter()
            .map(down)
            .chain(keys.iter().rev().map(up))
            .collect();
        self.command(
            "actions",
            &json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}),
        )
        .await
        .unwrap();
    }

    /// Types text into the focused element.
    pub(crate) async fn type_text(&self, text: &str) {
        self.devtools("Input.insertText", &json!({"text": text}))
            .await;
    }

    /// Runs a command of the `WebDriver` protocol that the client does not know.
    async fn command(&self, command: &str, body: &Value) -> Result<Value, String> {
        let url = format!("{}/{command}", self.session);
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.unwrap().bytes().await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        match &answer["value"]["error"] {
            Value::Null => Ok(answer["value"].clone()),
            _ => Err(format!("{command}: {}", answer["value"]["message"])),
        }
    }

    /// Runs a command of Chromium's developer tools.
    pub(crate) async fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.try_devtools(command, parameters).await.unwrap()
    }

    async fn try_devtools(&self, command: &str, parameters: &Value) -> Result<Value, String> {
        let body = json!({"cmd": command, "params": parameters});
        self.command("goog/cdp/execute", &body).await
    }

    /// Returns the HTML of the page without running a script in it; empty while it is changing.
    pub(crate) async fn html(&self) -> String {
        let html = async {
            let node = json!({"nodeId": self.node_of("html").await?});
            self.try_devtools("DOM.getOuterHTML", &node).await
        };
        let html = html.await.unwrap_or_default();
        html["outerHTML"].as_str().unwrap_or_default().to_owned()
    }

    /// Saves a screenshot in the folder `SCREENSHOTS`, if it is set.
    pub(crate) async fn picture(&self, name: &str) {
        #[expect(
            clippy::disallowed_methods,
            reason = "a test has no command line of its own"
        )]
        let Some(folder) = std::env::var_os("SCREENSHOTS") else {
            return;
        };
        let png = self.client.screenshot().await.unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(PathBuf::from(folder).join(name).with_extension("png"), png).unwrap();
    }

    /// Returns the messages of the console since the last call: script errors, failed requests,
    /// violations of the content security policy.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.command("se/log", &json!({"type": "browser"})).await;
        let log = log.unwrap();
        let entries = log.as_array().cloned().unwrap_or_default();
        let bad = entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        bad.map(|entry| entry["message"].to_string()).collect()
    }

    /// Closes the browser.
    pub(crate) async fn close(self) {
        let _ = self.client.close().await;
    }
}
