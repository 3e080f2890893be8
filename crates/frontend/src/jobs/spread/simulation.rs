//! Replicas that take a fixed time for each sentence, on a clock that jumps from event to event:
//! hours pass in a moment, and always in the same way.

use std::io;
use std::net::SocketAddr;

use jiff::Timestamp;
use reqwest::Url;
use uuid::Uuid;

use super::*;
use crate::jobs::Job;
use crate::translator::Names;

/// What a replica takes for a sentence: that of a full model on one core.
const PACE: Duration = Duration::from_millis(80);

/// From a request to the replica's work on it.
const ROUND_TRIP: Duration = Duration::from_millis(20);

/// Longer than any test.
const NEVER: Duration = Duration::from_hours(10_000);

/// A replica of the simulation.
#[derive(Debug)]
struct Simulated {
    /// Time for a sentence.
    pace: Duration,
    /// Until when it has another model.
    strange_until: Instant,
    /// Held during a sentence: requests take turns.
    turn: tokio::sync::Mutex<()>,
    /// Numbers of the sentences that it has sent.
    sent: Mutex<Vec<usize>>,
}

/// The addresses of the replicas: how many of them are there.
#[derive(Clone, Debug)]
struct Addresses(Arc<AtomicUsize>);

impl Names for Addresses {
    fn addresses(&self, _: &Url) -> io::Result<Vec<SocketAddr>> {
        let numbers = 0..u16::try_from(self.0.load(Ordering::Relaxed)).expect("a few");
        Ok(numbers
            .map(|number| ([10, 0, 0, 1], number).into())
            .collect())
    }
}

struct Simulation {
    replicas: Vec<Simulated>,
    addresses: Addresses,
    translator: Translator,
}

impl Simulation {
    /// Replicas of these paces, of which the first `there` are there.
    async fn new(paces: &[Duration], there: usize) -> Self {
        let replicas = paces.iter().map(|pace| Simulated {
            pace: *pace,
            strange_until: Instant::now(),
            turn: tokio::sync::Mutex::default(),
            sent: Mutex::default(),
        });
        let addresses = Addresses(Arc::new(AtomicUsize::new(there)));
        let url = "http://backend:8000/".parse().expect("an URL");
        let translator = Translator::new(vec![url], addresses.clone()).expect("a client");
        let simulation = Self {
            replicas: replicas.collect(),
            addresses,
            translator,
        };
        let looking = simulation.translator.keep_looking();
        let found = tokio::time::timeout(Duration::from_secs(2), looking);
        found.await.expect_err("looking never ends");
        simulation
    }

    /// Has a text translated, and says how long that took.
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
        let segments: Arc<[Segment]> = segment::segments(&text, "de").into();
        let job = Job::new(Uuid::nil(), text, Timestamp::default(), 0);
        let run = job.start(&CancellationToken::new());
        run.segmented(&model, Arc::clone(&segments));
        let spread = Spread {
            translator: &self.translator,
            run: &run,
            model: &model,
            segments: &segments,
        };
        let first = Arc::clone(&self.translator.replicas()[0]);
        let began = Instant::now();
        let outcome = spread.hand_out(&first, |flight| self.receive(&spread, flight));
        assert_eq!(outcome.await, Ok(()));
        assert_eq!(run.done(), segments.len());
        began.elapsed()
    }

    async fn receive(
        &self,
        spread: &Spread<'_>,
        Flight { chunk, replica }: Flight,
    ) -> Result<Landing, Failure> {
        let replica = &self.replicas[usize::from(replica.address().port())];
        tokio::time::sleep(ROUND_TRIP).await;
        if replica.strange_until > Instant::now() {
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
            });
            chunk.has_come(index + 1);
        }
        Ok(Landing::Done)
    }

    /// How many sentences each replica has sent.
    fn sent(&self) -> Vec<usize> {
        let replicas = self.replicas.iter();
        let sent = replicas.map(|replica| replica.sent.lock().expect("no panic").len());
        sent.collect()
    }
}

/// So many sentences.
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
    // However slow they are, when all are.
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

/// One of three that keeps its connections alive and sends nothing.
#[tokio::test(start_paused = true)]
async fn one_that_hangs_holds_nobody_up() {
    let simulation = Simulation::new(&[NEVER, PACE, PACE], 3).await;
    let took = simulation.translate(text(2000)).await;
    assert!(took < times(1000, PACE) + STALLED, "{took:?}");
    // A short text that it got waits for as long as one can hope, and no longer.
    let simulation = Simulation::new(&[NEVER, PACE], 2).await;
    let took = simulation.translate(text(12)).await;
    assert_eq!(took, STALLED + ROUND_TRIP + times(12, PACE));
    let hanging = &simulation.translator.replicas()[0];
    assert!(
        hanging.rests_until().is_some(),
        "that another was first is no success"
    );
}

/// One of three that takes ten times as long as the others.
#[tokio::test(start_paused = true)]
async fn one_that_is_slow_holds_nobody_up() {
    let simulation = Simulation::new(&[PACE * 10, PACE, PACE], 3).await;
    let took = simulation.translate(text(2000)).await;
    assert!(took < times(1000, PACE) + STALLED, "{took:?}");
    let twice = simulation.sent().iter().sum::<usize>() - 2000;
    assert!(twice <= 20, "{twice} sentences were translated twice");
}

#[tokio::test(start_paused = true)]
async fn one_that_joins_gets_work() {
    let simulation = Simulation::new(&[PACE; 4], 3).await;
    let joins = async {
        tokio::time::sleep(times(200, PACE)).await;
        simulation.addresses.0.store(4, Ordering::Relaxed);
    };
    tokio::join!(simulation.translate(text(2000)), joins);
    let sent = simulation.sent();
    assert_eq!(sent.iter().sum::<usize>(), 2000);
    assert!(sent[3] > 300, "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn one_that_gets_the_right_model_gets_work() {
    let mut simulation = Simulation::new(&[PACE; 2], 2).await;
    simulation.replicas[1].strange_until = Instant::now() + STRANGE + STRANGE / 2;
    simulation.translate(text(2000)).await;
    let sent = simulation.sent();
    assert_eq!(sent.iter().sum::<usize>(), 2000);
    assert!(sent[1] > 500, "{sent:?}");
}
