//! Keys, and limits for each client.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use lru::LruCache;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;

use super::refusal::Refusal;

/// Maximum wait for room for a request. With the time until an answer begins it is less than the
/// ten seconds that DeepL's own client waits.
pub(super) const ROOM_TIMEOUT: Duration = Duration::from_secs(4);

/// Header in which proxies name the client and the proxies before them, separated by commas.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Maximum number of clients whose use is remembered; those that were silent longest are forgotten.
const MAX_CLIENTS: NonZeroUsize = NonZeroUsize::new(10_000).expect("more than zero");

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// Access to the APIs: keys, and limits for each client. By default, there are none.
#[derive(Debug)]
pub struct Access {
    settings: Settings,
    spent: Mutex<LruCache<Client, Spent>>,
}

/// Settings of the access to the APIs.
#[derive(Debug, Default)]
pub struct Settings {
    /// Keys, one of which every request needs. If there is no key, everybody may use the APIs.
    pub keys: Vec<SecretString>,
    /// Limits for each key, or for each address if there is no key.
    pub limits: Limits,
    /// Networks of the proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether the translations are stored in the history.
    pub history: bool,
}

/// Limits for a client. A request that exceeds a limit by itself is allowed when none of it is used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Maximum number of requests a minute.
    pub requests_per_minute: Option<NonZeroU64>,
    /// Maximum number of characters a minute.
    pub characters_per_minute: Option<NonZeroU64>,
    /// Maximum number of characters a day.
    pub characters_per_day: Option<NonZeroU64>,
}

/// A client: a key, or an address where no key is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    /// Number of the key.
    Key(usize),
    /// Address; of an IPv6 address only the network, because a single machine has so many.
    Address(IpAddr),
}

/// Use of the APIs by a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Number of characters: those that count towards the limit of the day, or without one all
    /// since the start of the server.
    pub(crate) characters: u64,
    /// Maximum number of characters a day.
    pub(crate) limit: Option<NonZeroU64>,
}

/// Use by a client so far: for each limit the time at which nothing of it is used any more.
#[derive(Clone, Copy, Debug)]
struct Spent {
    requests: Instant,
    minute: Instant,
    day: Instant,
    /// Characters since the start.
    characters: u64,
}

/// A limit, of which what was used comes back evenly over the period.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    limit: Option<NonZeroU64>,
    period: Duration,
}

impl Access {
    /// Creates the access with these settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            spent: Mutex::new(LruCache::new(MAX_CLIENTS)),
        }
    }

    /// Returns whether every request needs a key.
    pub(crate) fn needs_key(&self) -> bool {
        !self.settings.keys.is_empty()
    }

    /// Returns whether the translations are stored in the history.
    pub(crate) fn keeps_history(&self) -> bool {
        self.settings.history
    }

    /// Returns the address of the client: that of the connection, or the one that a trusted proxy
    /// names. The client itself can write anything into the header, so the addresses are read from
    /// the last one back, as far as they are those of trusted proxies.
    pub(crate) fn address(&self, connection: IpAddr, headers: &HeaderMap) -> IpAddr {
        let is_trusted = |address: &IpAddr| {
            let mut proxies = self.settings.trusted_proxies.iter();
            proxies.any(|network| network.contains(address))
        };
        let mut address = connection.to_canonical();
        let values: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
        let names = values.into_iter().rev();
        let names = names.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        for name in names {
            let Some(before) = forwarded(name).filter(|_| is_trusted(&address)) else {
                break;
            };
            address = before;
        }
        address
    }

    /// Returns the client with `key` at `address`. Without keys, any key is ignored: some clients
    /// cannot be used without one.
    ///
    /// # Errors
    /// The key is missing or wrong.
    pub(crate) fn client(&self, key: Option<&str>, address: IpAddr) -> Result<Client, Refusal> {
        if !self.needs_key() {
            return Ok(Client::at(address));
        }
        let key = key.ok_or(Refusal::MissingKey)?.as_bytes();
        // Every key is compared, so that the time does not tell which one is similar.
        let known = self.settings.keys.iter().enumerate();
        let found = known.fold(None, |found, (number, known)| {
            let is_equal = bool::from(known.expose_secret().as_bytes().ct_eq(key));
            is_equal.then_some(number).or(found)
        });
        found.map(Client::Key).ok_or(Refusal::WrongKey)
    }

    /// Counts `number` requests with `characters` together.
    ///
    /// # Errors
    /// The client has used up its share; the request is not counted.
    pub(crate) fn spend(
        &self,
        client: &Client,
        number: u64,
        characters: u64,
    ) -> Result<(), Refusal> {
        let now = Instant::now();
        let [requests, minute, day] = self.settings.limits.allowances();
        // A file arrives before its characters are known: then at least one has to be left.
        let least = characters.max(1);
        let mut clients = self.lock();
        let spent = clients.get_or_insert_mut(*client, || Spent::nothing(now));
        if let Some(wait) = requests.wait(spent.requests, number, now) {
            return Err(Refusal::TooManyRequests { wait });
        }
        if let Some(wait) = minute.wait(spent.minute, least, now) {
            return Err(Refusal::TooManyCharacters { wait });
        }
        if let Some(wait) = day.wait(spent.day, least, now) {
            return Err(Refusal::Quota { wait });
        }
        *spent = Spent {
            requests: requests.used(spent.requests, number, now),
            minute: minute.used(spent.minute, characters, now),
            day: day.used(spent.day, characters, now),
            characters: spent.characters + characters,
        };
        Ok(())
    }

    /// Takes back the characters of a request that came at `arrival` and was not answered, as far as
    /// they are not free again anyway. The request still counts.
    pub(crate) fn refund(&self, client: &Client, characters: u64, arrival: Instant) {
        let [_, minute, day] = self.settings.limits.allowances();
        if let Some(spent) = self.lock().get_mut(client) {
            // A time in the past is the same as now.
            let earlier = |free: Instant, time: Duration| {
                let left = time.saturating_sub(arrival.elapsed());
                free.checked_sub(left).unwrap_or(free)
            };
            spent.minute = earlier(spent.minute, minute.time(characters));
            spent.day = earlier(spent.day, day.time(characters));
            spent.characters = spent.characters.saturating_sub(characters);
        }
    }

    /// Returns the use of the APIs by a client.
    pub(crate) fn usage(&self, client: &Client) -> Usage {
        let now = Instant::now();
        let [_, _, day] = self.settings.limits.allowances();
        let spent = self.lock().peek(client).copied();
        let characters = spent.map_or(0, |spent| {
            day.amount(spent.day, now).unwrap_or(spent.characters)
        });
        Usage {
            characters,
            limit: day.limit,
        }
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Client, Spent>> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Access {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Client {
    fn at(address: IpAddr) -> Self {
        Self::Address(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(long) => Ipv6Addr::from_bits(long.to_bits() >> 64 << 64).into(),
        })
    }
}

impl Limits {
    fn allowances(self) -> [Allowance; 3] {
        [
            (self.requests_per_minute, MINUTE),
            (self.characters_per_minute, MINUTE),
            (self.characters_per_day, DAY),
        ]
        .map(|(limit, period)| Allowance { limit, period })
    }
}

impl Spent {
    fn nothing(now: Instant) -> Self {
        Self {
            requests: now,
            minute: now,
            day: now,
            characters: 0,
        }
    }
}

impl Allowance {
    /// Returns the time in which `amount` comes back.
    fn time(self, amount: u64) -> Duration {
        self.limit.map_or(Duration::ZERO, |limit| {
            self.period.mul_f64(amount as f64 / limit.get() as f64)
        })
    }

    /// Returns the time until `amount` is allowed, if it is not now. `free` is the time at which
    /// nothing is used.
    fn wait(self, free: Instant, amount: u64, now: Instant) -> Option<Duration> {
        let used = free.saturating_duration_since(now);
        // More than the limit is allowed when nothing is used.
        let room = self.period.saturating_sub(self.time(amount));
        used.checked_sub(room).filter(|wait| !wait.is_zero())
    }

    /// Returns the time at which nothing is used once `amount` was.
    fn used(self, free: Instant, amount: u64, now: Instant) -> Instant {
        free.max(now) + self.time(amount)
    }

    /// Returns the amount that is used; `None` without a limit.
    fn amount(self, free: Instant, now: Instant) -> Option<u64> {
        let used = free.saturating_duration_since(now).as_secs_f64() / self.period.as_secs_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of characters, far below 2^53 and not negative"
        )]
        self.limit
            .map(|limit| (used * limit.get() as f64).round() as u64)
    }
}

/// Returns the address in an element of `X-Forwarded-For`, which may have a port.
fn forwarded(name: &str) -> Option<IpAddr> {
    let name = name.trim();
    let address = name
        .parse::<IpAddr>()
        .or_else(|_| name.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests;
