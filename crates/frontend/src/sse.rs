//! Parser of server-sent events.
//! Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>

use std::collections::VecDeque;

/// An event, without comments, id and retry time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its name; empty if it has none.
    pub(crate) name: String,
    /// Its data lines, joined by line feeds.
    pub(crate) data: String,
}

/// Error of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SseError {
    /// An event exceeds the limit.
    #[error("an event is longer than {0} bytes")]
    TooLong(usize),
    /// A line is not UTF-8.
    #[error("an event is not UTF-8")]
    Utf8,
}

/// Incremental parser of a stream.
#[derive(Debug)]
pub(crate) struct EventParser {
    /// Maximum bytes of an event.
    limit: usize,
    /// Start of the current line.
    line: Vec<u8>,
    /// Set after a carriage return, which a line feed may follow.
    after_return: bool,
    first_line: bool,
    name: String,
    /// Data of the current event; each line ends in a line feed.
    data: String,
    events: VecDeque<Event>,
}

impl EventParser {
    /// Creates a parser of events of up to `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            after_return: false,
            first_line: true,
            name: String::new(),
            data: String::new(),
            events: VecDeque::new(),
        }
    }

    /// Parses the next bytes of the stream.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Result<(), SseError> {
        while let Some(first) = bytes.first() {
            if std::mem::take(&mut self.after_return) && *first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let (start, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if self.line.len() + self.data.len() + start.len() > self.limit {
                return Err(SseError::TooLong(self.limit));
            }
            self.line.extend_from_slice(start);
            bytes = rest;
            if let Some((end, rest)) = rest.split_first() {
                self.after_return = *end == b'\r';
                bytes = rest;
                self.end_line()?;
            }
        }
        Ok(())
    }

    /// Returns the next complete event.
    pub(crate) fn next(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn end_line(&mut self) -> Result<(), SseError> {
        let line = std::mem::take(&mut self.line);
        let line = str::from_utf8(&line).map_err(|_| SseError::Utf8)?;
        let line = if std::mem::take(&mut self.first_line) {
            line.trim_start_matches('\u{feff}')
        } else {
            line
        };
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            let mut data = std::mem::take(&mut self.data);
            // The specification ignores events without data.
            if data.pop().is_some() {
                self.events.push_back(Event { name, data });
            }
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            // Comments have an empty name; `id` and `retry` are for browsers.
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str) -> Event {
        Event {
            name: name.to_owned(),
            data: data.to_owned(),
        }
    }

    fn parse(stream: &[u8], chunk: usize) -> Result<Vec<Event>, SseError> {
        let mut parser = EventParser::new(100);
        for bytes in stream.chunks(chunk) {
            parser.push(bytes)?;
        }
        Ok(std::iter::from_fn(|| parser.next()).collect())
    }

    #[test]
    fn events_do_not_depend_on_the_chunks_of_the_stream() {
        let stream = "\u{feff}event: segment\r\ndata: {\"ä\":\r\ndata:1}\r\n\r\n: keep alive\n\n\
                      data\n\nevent:done\rdata:  x\r\rid: 7\nevent: lost\n\ndata: unfinished\n"
            .as_bytes();
        let expected = vec![
            event("segment", "{\"ä\":\n1}"),
            event("", ""),
            event("done", " x"),
        ];
        for chunk in 1..=stream.len() {
            assert_eq!(
                parse(stream, chunk).as_ref(),
                Ok(&expected),
                "chunks of {chunk}"
            );
        }
    }

    #[test]
    fn long_events_and_invalid_utf8_are_errors() {
        let long = format!("data: {}", "x".repeat(100));
        assert_eq!(parse(long.as_bytes(), 7), Err(SseError::TooLong(100)));
        let many = "data: 123456789\n".repeat(20);
        assert_eq!(parse(many.as_bytes(), 7), Err(SseError::TooLong(100)));
        let comments = ": 123456789\n".repeat(20);
        assert_eq!(parse(comments.as_bytes(), 7), Ok(Vec::new()));
        assert_eq!(parse(b"data: \xff\n", 3), Err(SseError::Utf8));
    }
}
