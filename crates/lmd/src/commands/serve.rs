//! `lmd serve`: layouts and pictures over HTTP, and the page.

use std::net::SocketAddr;

use lmd_engine::Settings;
use lmd_server::Server;

use crate::exit::Exit;
use crate::screen::{self, Screen};

pub(crate) fn run(settings: Settings, quiet: bool, screen: &Screen) -> anyhow::Result<Exit> {
    let options = settings.config.serve.clone();
    lmd_server::start_log(&options, quiet);
    let server = Server::open(settings)?;
    let url = url(server.address()?);
    screen::println(&url)?;
    if options.open
        && let Err(error) = lmd_server::open_browser(&url)
    {
        screen.note(&format!("no browser could be opened ({error}); the page is at {url}"));
    }
    server.run()?;
    Ok(Exit::Ok)
}

/// The address of the page. One that stands for all addresses is reached at this machine's own.
fn url(address: SocketAddr) -> String {
    match address.ip() {
        ip if ip.is_unspecified() => format!("http://localhost:{}/", address.port()),
        _ => format!("http://{address}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_can_be_opened() {
        assert_eq!(url("0.0.0.0:80".parse().unwrap()), "http://localhost:80/");
        assert_eq!(url("[::1]:7860".parse().unwrap()), "http://[::1]:7860/");
    }
}
