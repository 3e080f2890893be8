//! Simulation of replicas that take a fixed time for each sentence. Its clock jumps from event to
//! event, so that hours pass in a moment, and every run is the same.

use std::io;
use std::net::SocketAddr;

use jiff::Timestamp;
use reqwest::Url;
use uuid::Uuid;

use super::*;
use crate::jobs::Job;
use crate::spool::Accepted;
use crate::translator::Resolve;

/// Time of a replica for a sentence: that of a full model on one core.
const PACE: Duration = Duration::from_millis(80);

/// Time from a request to the start of its translation.
const ROUND_TRIP: Duration = Duration::from_millis(20);

/// Longer than any test.
const NEVER: Duration = Duration::from_hours(10_000);

/// A simulated replica.
#[derive(Debug)]
struct Simulated {
    /// Time for a sentence.
    pace: Duration,
    /// Time until which it has another model.
    other_model_until: Instant,
    /// Locked during a sentence: requests alternate.
    turn: tokio::sync::Mutex<()>,
    /// Numbers of the sentences that it sent.
    sent: Mutex<Vec<usize>>,
}

/// Resolver of the given number of replicas.
#[derive(Clone, Debug)]
struct CountResolver(Arc<AtomicUsize>);

impl Resolve for CountResolver {
    fn resolve(&self, _: &Url) -> io::Result<Vec<SocketAddr>> {
        let numbers = 0..u16::try_from(self.0.load(Ordering::Relaxed)).expect("a few");
        Ok(numbers
            .map(|number| ([10, 0, 0, 1], number).into())
            .collect())
    }
}

struct Simulation {
    replicas: Vec<Simulated>,
    resolver: CountResolver,
    translator: Translator,
}

impl Simulation {
    /// Creates replicas with these paces, of which the first `count` have joined.
    async fn new(paces: &[Duration], count: usize) -> Self {
        let replicas = paces.iter().map(|pace| Simulated {
            pace: *pace,
            other_model_until: Instant::now(),
            turn: tokio::sync::Mutex::default(),
            sent: Mutex::default(),
        });
        let resolver = CountResolver(Arc::new(AtomicUsize::new(count)));
        let url = "http://backend:8000/".parse().expect("an URL");
        let translator = Translator::new(vec![url], resolver.clone()).expect("a client");
        let simulation = Self {
            replicas: replicas.collect(),
            resolver,
            translator,
        };
        let resolving = simulation.translator.keep_resolving();
        let addresses = tokio::time::timeout(Duration::from_secs(2), resolving);
        addresses.await.expect_err("it never returns");
        simulation
    }

    /// Translates a text and returns the time that it took.
    async fn translate(&self, text: String) -> Duration {
        let model = ModelInfo {
            name: "simulated".to_owned(),
            commit: None,
            source_language: "de".to_owned(),
            target_language: "en".to_owned(),
            precision: "f32".to_owned(),
            engine: "native".to_owned(),
            device: "cpu".to_owned(),
            beams: 1,
            demo: true,
        };
        let accepted = Accepted {
            id: Uuid::nil(),
            created_at: Timestamp::default(),
            text,
            wrapped: false,
            file: None,
        };
        let job = Job::new(accepted, 0);
        let segments = segment::segments(job.text(), job.rules("de"));
        let segments: Arc<[Segment]> = segments.into();
        let run = job.start(&CancellationToken::new());
        run.restart(&model, Arc::clone(&segments));
        let spread = Spread {
            translator: &self.translator,
            run: &run,
            model: &model,
            segments: &segments,
        };
        let first = Arc::clone(&self.translator.replicas()[0]);
        let started = Instant::now();
        let outcome = spread.hand_out(&first, |assignment| self.receive(&spread, assignment));
        assert_eq!(outcome.await, Ok(()));
        assert_eq!(run.done(), segments.len());
        started.elapsed()
    }

    async fn receive(
        &self,
        spread: &Spread<'_>,
        Assignment { chunk, replica }: Assignment,
    ) -> Result<Completion, Failure> {
        let replica = &self.replicas[usize::from(replica.address().port())];
        tokio::time::sleep(ROUND_TRIP).await;
        if replica.other_model_until > Instant::now() {
            return Err(Failure::OtherModel("another".to_owned()));
        }
        for index in chunk.next()..chunk.end {
            let turn = replica.turn.lock().await;
            tokio::time::sleep(replica.pace).await;
            drop(turn);
            replica.sent.lock().expect("no panic").push(index);
            spread.run.push(Translated {
                index,
                start: spread.segments[index].start,
                end: spread.segments[index].end,
                translation: String::new(),
                flags: Vec::new(),
                atoms: api::AtomCheck::default(),
                links: Vec::new(),
            });
            chunk.advance(index + 1);
        }
        Ok(Completion::Done)
    }

    /// Returns the number of sentences that each replica sent.
    fn sent(&self) -> Vec<usize> {
        let replicas = self.replicas.iter();
        let sent = replicas.map(|replica| replica.sent.lock().expect("no panic").len());
        sent.collect()
    }
}

/// Returns a text of that many sentences.
fn text(sentences: usize) -> String {
    (0..sentences).fold(String::new(), |text, number| {
        text + &format!("Das ist Satz {number} eines Buches, das kein Ende nehmen will.\n")
    })
}

fn times(count: usize, pace: Duration) -> Duration {
    pace * u32::try_from(count).expect("a small number")
}

#[tokio::test(start_paused = true)]
async fn sixteen_replicas_are_sixteen_times_as_fast() {
    let mut alone = Duration::ZERO;
    for count in [1, 2, 4, 8, 16] {
        let simulation = Simulation::new(&vec![PACE; count], count).await;
        let took = simulation.translate(text(10_000)).await;
        if count == 1 {
            alone = took;
        }
        let gain = alone.as_secs_f64() / took.as_secs_f64();
        println!("{count:>2} replicas: {took:>6.1?}, {gain:>5.2} times as fast");
        assert!(gain >= 0.9 * count as f64, "{count}: {gain}");
        assert_eq!(simulation.sent().iter().sum::<usize>(), 10_000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_text_is_translated_once() {
    let simulation = Simulation::new(&[PACE; 4], 4).await;
    simulation.translate(text(12)).await;
    assert_eq!(simulation.sent(), [12, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_long_text_is_translated_once() {
    // However slow they are, if all are.
    for pace in [PACE / 10, PACE, PACE * 20] {
        let simulation = Simulation::new(&[pace; 3], 3).await;
        simulation.translate(text(2000)).await;
        let sent = simulation.sent();
        assert_eq!(sent.iter().sum::<usize>(), 2000, "{sent:?}");
        assert!(
            sent.iter().all(|sent| (600..=735).contains(sent)),
            "{sent:?}"
        );
    }
}

/// One of three replicas keeps its connections alive and sends nothing.
#[tokio::test(start_paused = true)]
async fn a_hanging_replica_delays_no_text() {
    let simulation = Simulation::new(&[NEVER, PACE, PACE], 3).await;
    let took = simulation.translate(text(2000)).await;
    assert!(took < times(1000, PACE) + STALL_TIMEOUT, "{took:?}");
    // A short text that it received waits for the timeout, and no longer.
    let simulation = Simulation::new(&[NEVER, PACE], 2).await;
    let took = simulation.translate(text(12)).await;
    assert_eq!(took, STALL_TIMEOUT + ROUND_TRIP + times(12, PACE));
    let hanging = &simulation.translator.replicas()[0];
    assert!(
        hanging.cooldown().is_some(),
        "that another one was faster is not a success"
    );
}

/// One of three replicas takes ten times as long as the others.
#[tokio::test(start_paused = true)]
async fn a_slow_replica_delays_no_text() {
    let simulation = Simulation::new(&[PACE * 10, PACE, PACE], 3).await;
    let took = simulation.translate(text(2000)).await;
    assert!(took < times(1000, PACE) + STALL_TIMEOUT, "{took:?}");
    let twice = simulation.sent().iter().sum::<usize>() - 2000;
    assert!(twice <= 20, "{twice} sentences were translated twice");
}

#[tokio::test(start_paused = true)]
async fn a_joining_replica_gets_work() {
    let simulation = Simulation::new(&[PACE; 4], 3).await;
    let joins = async {
        tokio::time::sleep(times(200, PACE)).await;
        simulation.resolver.0.store(4, Ordering::Relaxed);
    };
    tokio::join!(simulation.translate(text(2000)), joins);
    let sent = simulation.sent();
    assert_eq!(sent.iter().sum::<usize>(), 2000);
    assert!(sent[3] > 300, "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn an_updated_replica_gets_work() {
    let mut simulation = Simulation::new(&[PACE; 2], 2).await;
    simulation.replicas[1].other_model_until = Instant::now() + EXCLUSION + EXCLUSION / 2;
    simulation.translate(text(2000)).await;
    let sent = simulation.sent();
    assert_eq!(sent.iter().sum::<usize>(), 2000);
    assert!(sent[1] > 500, "{sent:?}");
}
