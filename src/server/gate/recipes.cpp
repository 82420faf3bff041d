// SPDX-License-Identifier: Apache-2.0
#include "server/gate/recipes.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// `text` with each @NAME@ replaced.
std::string filled(std::string_view text,
                   const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string out(text);
  for (const auto& [name, value] : values) {
    const std::string mark = fmt::format("@{}@", name);
    for (std::size_t at = out.find(mark); at != std::string::npos;
         at = out.find(mark, at + value.size()))
      out.replace(at, mark.size(), value);
  }
  return out;
}

constexpr std::string_view kNginx = R"(# In the http part, once:
upstream sekisho_gate { server @GATE@; keepalive 32; }
map $http_upgrade $sekisho_connection { default upgrade; '' ''; }
)";

constexpr std::string_view kNginxServer = R"(
server {
  listen 443 ssl http2;
  server_name @HOST@;
  ssl_certificate /etc/ssl/@HOST@.crt;
  ssl_certificate_key /etc/ssl/@HOST@.key;
  ssl_verify_client optional_no_ca;  # the device's certificate: Sekisho knows which are good

  location / {
    auth_request /.sekisho-ask;
    auth_request_set $sekisho_user $upstream_http_remote_user;
    auth_request_set $sekisho_email $upstream_http_remote_email;
    auth_request_set $sekisho_name $upstream_http_remote_name;
    auth_request_set $sekisho_groups $upstream_http_remote_groups;
    auth_request_set $sekisho_cookie $upstream_http_x_sekisho_cookie;
    error_page 401 403 = /.sekisho/answer;
    proxy_pass http://@UPSTREAM@;
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $sekisho_connection;
    proxy_set_header Remote-User $sekisho_user;
    proxy_set_header Remote-Email $sekisho_email;
    proxy_set_header Remote-Name $sekisho_name;
    proxy_set_header Remote-Groups $sekisho_groups;
    proxy_set_header Cookie $sekisho_cookie;
  }
  location = /.sekisho-ask {
    internal;
    proxy_pass http://sekisho_gate/nginx;
    proxy_pass_request_headers off;
    proxy_set_header Cookie $http_cookie;
    proxy_buffer_size 32k;
    proxy_buffers 4 32k;
@ASKED@
  }
  location /.sekisho/ {
    proxy_pass http://sekisho_gate/nginx/page/;
@ASKED@
  }
}
)";

constexpr std::string_view kNginxAsked = R"(    proxy_http_version 1.1;
    proxy_pass_request_body off;
    proxy_set_header Connection "";
    proxy_set_header Content-Length "";
    proxy_set_header Host $host;
    proxy_set_header X-Original-URI $request_uri;
    proxy_set_header X-Original-Method $request_method;
    proxy_set_header X-Sekisho-Client $remote_addr:$remote_port;
    proxy_set_header X-Sekisho-Certificate $ssl_client_escaped_cert;)";

constexpr std::string_view kCaddySite = R"(@HOST@ {
	tls {
		client_auth {
			mode request  # the device's certificate: Sekisho knows which are good
		}
	}
	route {
		@upgrade header Upgrade *
		request_header -Connection
		request_header @upgrade Connection Upgrade
		request_header -Remote-*
		request_header -Remote_*
		request_header -X-Sekisho-*
		forward_auth @GATE@ {
			uri /caddy
			header_up X-Sekisho-Client {http.request.remote}
			header_up X-Sekisho-Certificate {http.request.tls.client.fingerprint}
			copy_headers Remote-User Remote-Email Remote-Name Remote-Groups X-Sekisho-Cookie>Cookie
		}
		reverse_proxy @UPSTREAM@
	}
}
)";

constexpr std::string_view kHaproxy = R"(# In the global part:
#   lua-load /etc/haproxy/sekisho.lua     (sekisho access proxy haproxy --lua)

frontend sekisho_web
  mode http
  # The device's certificate is asked for, whoever made it (ca-verify-file names nobody to browsers);
  # Sekisho knows which are good.
  bind :443 ssl crt /etc/haproxy/certs/ alpn h2,http/1.1 verify optional ca-verify-file @system-ca ca-ignore-err all crt-ignore-err all
  http-request del-header remote- -m beg
  http-request del-header remote_ -m beg
  http-request del-header x-sekisho- -m beg
@CONSOLE@  acl sekisho_own path_beg /.sekisho/
  acl sekisho_upgrade req.hdr(upgrade) -m found
  http-request del-header connection if !sekisho_upgrade
  http-request set-header connection upgrade if sekisho_upgrade
  http-request set-header x-sekisho-uri %[pathq]
  http-request set-header x-sekisho-method %[method]
  http-request set-header x-sekisho-host %[req.fhdr(host)]
  http-request set-header x-sekisho-client %[src]:%[src_port]
  http-request set-header x-sekisho-certificate %[ssl_c_der,sha2(256),hex] if { ssl_c_used }
  http-request lua.sekisho if !sekisho_own@NOT@
  http-request deny if !sekisho_own !{ var(txn.sekisho_open) -m bool }@NOT@
  http-request del-header x-sekisho- -m beg if !sekisho_own
@TO@  use_backend sekisho_gate if sekisho_own
)";

/// The console's part of the one frontend that has the port: its backend is that of the example for
/// the console.
constexpr std::string_view kHaproxyConsole =
    R"(  acl sekisho_console req.fhdr(host),host_only,lower -m str @HOST@
  http-request return status 404 if sekisho_console { path /metrics }
  http-request set-header x-forwarded-proto https if sekisho_console
)";
constexpr std::string_view kHaproxyToConsole = "  use_backend sekisho if sekisho_console\n";

constexpr std::string_view kHaproxyApplication =
    "  use_backend sekisho_app_@NUMBER@ if { req.fhdr(host),host_only,lower -m str @HOST@ }\n";

constexpr std::string_view kHaproxyBackends = R"(
backend sekisho_gate
  mode http
  http-request set-path /haproxy/page%[path]
  server gate @GATE@
)";

constexpr std::string_view kHaproxyBackend = R"(
backend sekisho_app_@NUMBER@
  mode http
  timeout tunnel 1h
  server app @UPSTREAM@
)";

constexpr std::string_view kLua =
    R"(-- Asks Sekisho about each request. Whatever goes wrong here, the configuration lets nothing through.
local gate = "http://@GATE@/haproxy"
local asked = { "cookie", "accept", "accept-language", "sec-fetch-mode", "x-sekisho-uri", "x-sekisho-method",
                "x-sekisho-host", "x-sekisho-client", "x-sekisho-certificate" }
local identity = { "remote-user", "remote-email", "remote-name", "remote-groups" }
local shown = { "content-type", "location", "set-cookie", "cache-control", "content-security-policy",
                "referrer-policy", "x-content-type-options" }

core.register_action("sekisho", { "http-req" }, function(txn)
  local given = txn.http:req_get_headers()
  local headers = {}
  for _, name in ipairs(asked) do
    if given[name] then
      headers[name] = {}
      for at = 0, #given[name] do table.insert(headers[name], given[name][at]) end
    end
  end
  local reply = core.httpclient():get{ url = gate, headers = headers, timeout = 5000 }
  if reply and reply.status == 204 then
    for _, name in ipairs(identity) do txn.http:req_set_header(name, reply.headers[name][0]) end
    local cookies = reply.headers["x-sekisho-cookie"][0]
    if cookies == "" then txn.http:req_del_header("cookie") else txn.http:req_set_header("cookie", cookies) end
    txn:set_var("txn.sekisho_open", true)
    return
  end
  local answer = txn:reply{ status = 503 }
  if reply and reply.status >= 300 then
    answer:set_status(reply.status)
    for _, name in ipairs(shown) do
      if reply.headers[name] then answer:add_header(name, reply.headers[name][0]) end
    end
    answer:set_body(reply.body or "")
  end
  txn:done(answer)
end)
)";

Result<ProxiedApplication> read_proxied(std::string_view text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string_view place = trim(text.substr(0, equals));
  const auto named = read_authority(place);
  const auto host = canonical_host(place);
  const auto behind = read_authority(trim(text.substr(std::min(equals + 1, text.size()))));
  if (!host || named->port || !behind || !behind->port)
    return failure(
        "--app は wiki.example.jp=127.0.0.1:3000 の形（ポートのないホスト名と、アプリケーションが"
        "待ち受ける場所）で書いてください。",
        "write --app like wiki.example.jp=127.0.0.1:3000: a host without a port, and where the "
        "application listens.",
        printable(text, 120));
  return ProxiedApplication{*host, fmt::format("{}:{}", behind->host, *behind->port)};
}

}  // namespace

Result<std::vector<ProxiedApplication>> read_all_proxied(const std::vector<std::string>& texts) {
  std::vector<ProxiedApplication> out;
  for (const std::string& text : texts) {
    auto one = read_proxied(text);
    if (!one) return std::unexpected(one.error());
    if (std::ranges::find(out, one->host, &ProxiedApplication::host) != out.end())
      return failure("--app に同じホスト名が二度あります。", "--app names this host twice.",
                     printable(text, 120));
    out.push_back(std::move(*one));
  }
  return out;
}

std::string proxy_recipe(ProxyKind kind, const std::vector<ProxiedApplication>& applications,
                         const std::string& gate, const std::string& console) {
  std::string out;
  if (kind == ProxyKind::nginx) out = filled(kNginx, {{"GATE", gate}});
  if (kind == ProxyKind::haproxy && console.empty())
    out = filled(kHaproxy, {{"CONSOLE", ""}, {"NOT", ""}, {"TO", ""}});
  if (kind == ProxyKind::haproxy && !console.empty())
    out = filled(kHaproxy, {{"CONSOLE", filled(kHaproxyConsole, {{"HOST", console}})},
                            {"NOT", " !sekisho_console"},
                            {"TO", std::string(kHaproxyToConsole)}});
  std::string behind = filled(kHaproxyBackends, {{"GATE", gate}});
  std::size_t number = 0;
  for (const ProxiedApplication& one : applications) {
    const std::vector<std::pair<std::string_view, std::string>> values{
        {"ASKED", std::string(kNginxAsked)},
        {"HOST", one.host},
        {"UPSTREAM", one.upstream},
        {"GATE", gate},
        {"NUMBER", std::to_string(++number)}};
    if (kind == ProxyKind::nginx) out += filled(kNginxServer, values);
    if (kind == ProxyKind::caddy) out += filled(kCaddySite, values);
    if (kind != ProxyKind::haproxy) continue;
    out += filled(kHaproxyApplication, values);
    behind += filled(kHaproxyBackend, values);
  }
  return kind == ProxyKind::haproxy ? out + behind : out;
}

std::string haproxy_lua(const std::string& gate) { return filled(kLua, {{"GATE", gate}}); }

}  // namespace sekisho
