//! A browser without JavaScript.

use std::{io::Read as _, time::Duration};

use anyhow::{Context as _, ensure};
use ureq::Agent;

/// A page.
pub(crate) struct Page {
    /// Status code.
    pub(crate) status: u16,
    /// Body: HTML or another text.
    pub(crate) html: String,
}

/// A browser for one site.
pub(crate) struct Browser {
    agent: Agent,
    origin: String,
}

impl Browser {
    /// Creates a browser for the site at `origin`, for example `http://127.0.0.1:5000`.
    pub(crate) fn new(origin: &str) -> Self {
        Self::within(origin, Duration::from_mins(4))
    }

    /// Creates a browser with a timeout of `limit` for a complete response.
    pub(crate) fn within(origin: &str, limit: Duration) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(limit))
            .build()
            .into();
        Self {
            agent,
            origin: origin.to_owned(),
        }
    }

    /// Fetches a complete page; that of a running translation ends with the translation.
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Page> {
        self.get_until(path, |_| false)
    }

    /// Fetches a page until it is complete or `enough` returns true for the part that has arrived.
    pub(crate) fn get_until(
        &self,
        path: &str,
        enough: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Page> {
        let url = format!("{}{path}", self.origin);
        let response = self.agent.get(&url).call().context(url)?;
        let status = response.status().as_u16();
        let mut reader = response.into_body().into_reader();
        let (mut bytes, mut chunk) = (Vec::new(), [0; 8192]);
        loop {
            let read = reader.read(&mut chunk)?;
            bytes.extend_from_slice(&chunk[..read]);
            let html = String::from_utf8_lossy(&bytes);
            if read == 0 || enough(&html) {
                let html = html.into_owned();
                return Ok(Page { status, html });
            }
        }
    }

    /// Submits the form with `text`. Returns the path of the translation that it redirects to.
    pub(crate) fn submit(&self, text: &str) -> anyhow::Result<String> {
        let url = format!("{}/", self.origin);
        let request = self.agent.post(&url).config().max_redirects(0).build();
        let response = request.send_form([("text", text)]).context(url)?;
        ensure!(response.status() == 303, "status {}", response.status());
        let location = response.headers().get("location").context("no location")?;
        Ok(location.to_str()?.to_owned())
    }

    /// Submits the form of the SQL page.
    pub(crate) fn query(&self, statement: &str) -> anyhow::Result<Page> {
        let url = format!("{}/query_db", self.origin);
        let response = self.agent.post(&url).send_form([("text", statement)]);
        let mut response = response.context(url)?;
        let status = response.status().as_u16();
        let html = response.body_mut().read_to_string()?;
        Ok(Page { status, html })
    }

    /// Submits the form with `text` and fetches the page of the translation until it is done.
    pub(crate) fn translate(&self, text: &str) -> anyhow::Result<Page> {
        self.get(&self.submit(text)?)
    }
}
