using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stagedoor.Gateway;

namespace Stagedoor.Commands;

/// <summary>A running server's own API over HTTP, for verbs. Whatever goes wrong is a <see cref="CommandException"/> of one line.</summary>
internal sealed class ServerClient : IDisposable
{
    /// <summary>The most bytes of one answer; the longest list of a server is a small part of it.</summary>
    internal const int MaxAnswer = 16 << 20;

    /// <summary>What is said of a server whose answer is longer.</summary>
    internal const string TooMuch = "answers with more than 16 MiB, which no answer of Stagedoor has. Look what runs there.";

    private const int MaxShown = 200;

    private readonly HttpClient _http;
    private readonly TimeProvider _clock;
    private string? _token;
    private string _version = "";

    /// <param name="address">Where the server is, without a slash at the end.</param>
    /// <param name="handler">Opens the connections; the client owns it.</param>
    /// <param name="timeout">How long one call may take until its answer begins.</param>
    /// <param name="clock">Dates the signatures.</param>
    internal ServerClient(string address, HttpMessageHandler handler, TimeSpan timeout, TimeProvider clock)
    {
        Address = address;
        _clock = clock;
        _http = new OutgoingClient(handler) { Timeout = timeout };
        _http.DefaultRequestHeaders.UserAgent.Add(new("stagedoor", Build.Version.Split('+')[0]));
    }

    /// <summary>Where the server is, without a slash at the end.</summary>
    internal string Address { get; }

    /// <summary>The access key that signs; null when a token is sent.</summary>
    internal (string AccessKey, string SecretKey)? Keys { get; private set; }

    public void Dispose() => _http.Dispose();

    /// <summary>True when an answer was longer than it may be.</summary>
    internal static bool IsTooMuch(HttpRequestException e) => e.HttpRequestError is HttpRequestError.ConfigurationLimitExceeded;

    /// <summary>Makes sure that what answers there is Stagedoor, before it is shown any credential.</summary>
    internal async Task GreetAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address + "/version");
        using var response = await ExchangeAsync(request, cancellationToken);
        var text = await ReadAsync(response, cancellationToken);
        if (CodeOf(response) is { Length: > 0 })
        {
            throw Refusal(response, text);
        }

        if (!response.IsSuccessStatusCode || Parse(text) is not { ValueKind: JsonValueKind.Object } answer
            || !answer.TryGetProperty("version", out var version) || !answer.TryGetProperty("commit", out _))
        {
            throw Stranger(response, text);
        }

        _version = version.GetString() ?? "";
    }

    /// <summary>Signs calls with an access key from now on.</summary>
    internal void Use(string accessKey, string secretKey) => Keys = (accessKey, secretKey);

    /// <summary>Logs a user in; calls carry its token from now on.</summary>
    internal async Task LogInAsync(string account, string user, string password, CancellationToken cancellationToken)
    {
        var identity = new JsonObject
        {
            ["methods"] = new JsonArray("password"),
            ["password"] = new JsonObject
            {
                ["user"] = new JsonObject { ["name"] = user, ["password"] = password, ["domain"] = new JsonObject { ["name"] = account } },
            },
        };
        using var response = await OpenAsync(
            HttpMethod.Post, "/v3/auth/tokens?nocatalog=true", new JsonObject { ["auth"] = new JsonObject { ["identity"] = identity } }, cancellationToken);
        _token = response.Headers.TryGetValues("X-Subject-Token", out var values) ? values.First() : throw Stranger(response, "");
    }

    /// <summary>Calls an operation; what it answers, an undefined value when that is nothing.</summary>
    /// <exception cref="CommandException">The server cannot be reached, refused, or does not have the operation.</exception>
    internal async Task<JsonElement> CallAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        using var response = await OpenAsync(method, path, body, cancellationToken);
        var text = await ReadAsync(response, cancellationToken);
        return text.Length == 0 ? default : Parse(text) ?? throw Stranger(response, text);
    }

    /// <inheritdoc cref="CallAsync(HttpMethod, string, JsonNode?, CancellationToken)"/>
    internal Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) => CallAsync(HttpMethod.Get, path, null, cancellationToken);

    /// <summary>Calls an operation whose answer is read as it comes; its head has come, and is no error.</summary>
    /// <inheritdoc cref="CallAsync(HttpMethod, string, JsonNode?, CancellationToken)" path="/exception"/>
    internal async Task<HttpResponseMessage> OpenAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, Address + path);
        var bytes = body is null ? [] : Encoding.UTF8.GetBytes(body.ToJsonString());
        if (body is not null)
        {
            request.Content = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        if (_token is not null)
        {
            request.Headers.Add("X-Auth-Token", _token);
        }
        else if (Keys is { } keys)
        {
            GatewayModule.Sign(request, bytes, keys.AccessKey, keys.SecretKey, _clock.GetUtcNow());
        }

        var response = await ExchangeAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw Refusal(response, await ReadAsync(response, cancellationToken));
        }
    }

    private async Task<HttpResponseMessage> ExchangeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new CommandException($"{Address} {Reason(e)}", ExitCode.Unreachable, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoAnswer(e);
        }
    }

    private async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_http.Timeout, _clock);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxAnswer, patience.Token);
            return Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(patience.Token));
        }
        catch (HttpRequestException e) when (IsTooMuch(e))
        {
            throw new CommandException($"{Address} {TooMuch}", ExitCode.Unreachable, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new CommandException($"{Address} cut its answer off: {e.GetBaseException().Message}", ExitCode.Unreachable, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoAnswer(e);
        }
    }

    private CommandException NoAnswer(Exception e) => new(
        string.Create(CultureInfo.InvariantCulture, $"{Address} does not answer within {_http.Timeout.TotalSeconds:0} s. Look whether it runs and can be reached; --timeout lets it take longer."),
        ExitCode.Unreachable,
        e);

    private static string Reason(HttpRequestException e) => e switch
    {
        { HttpRequestError: HttpRequestError.NameResolutionError } => "cannot be found: no such host name.",
        { HttpRequestError: HttpRequestError.ProxyTunnelError } =>
            $"cannot be reached through the proxy of https_proxy: {e.GetBaseException().Message.TrimEnd('.')}. Servers that are reached without it stand in no_proxy.",
        { HttpRequestError: HttpRequestError.SecureConnectionError } when e.InnerException is AuthenticationException inner && !IsCertificate(inner) =>
            $"speaks no TLS there ({inner.GetBaseException().Message.TrimEnd('.')}). Try http:// instead of https://.",
        { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            $"has a certificate that this machine does not trust ({e.GetBaseException().Message.TrimEnd('.')}). Name its authority's PEM file with --ca, or use --insecure.",
        _ => $"cannot be reached: {e.GetBaseException().Message.TrimEnd('.')}. Look whether it runs there, or name another with --server.",
    };

    private static bool IsCertificate(AuthenticationException e) => e.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase);

    private CommandException Refusal(HttpResponseMessage response, string text)
    {
        var (status, code) = ((int)response.StatusCode, CodeOf(response));
        if (code.Length == 0)
        {
            return Stranger(response, text);
        }

        var request = response.RequestMessage!;
        var reference = $"({code}, {Address}/errors/{code}, request {RequestIdOf(response)})";
        var refusal = new ServerRefusal($"{Message(Parse(text), response)} {reference}", status, code);
        return !refusal.IsUnknownOperation
            ? refusal
            : new ServerRefusal(
                $"The server ({_version}) has no {request.Method} {request.RequestUri!.AbsolutePath}: it is another version than this program ({Build.Version}), or the module is switched off {reference}",
                status,
                code);
    }

    private CommandException Stranger(HttpResponseMessage response, string text)
    {
        var status = (int)response.StatusCode;
        var said = text.Length > 0 && response.Content.Headers.ContentType?.MediaType is "text/plain"
            ? ": " + Text.Cut(string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)), MaxShown)
            : response.Headers.Location is { } elsewhere ? $", to {elsewhere}" : "";
        return new($"What answers at {Address} is not Stagedoor, or something stands in front of it: it answered {status}{said}", ExitCode.Unreachable);
    }

    private static string CodeOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Stagedoor-Error-Code", out var codes) ? codes.First() : "";

    private static string RequestIdOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Request-Id", out var ids) ? ids.First() : "unknown";

    private static JsonElement? Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Each service has its own shape.
    private static string Message(JsonElement? body, HttpResponseMessage response)
    {
        var at = body switch
        {
            { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() > 0 => list[0],
            { ValueKind: JsonValueKind.Object } one => one,
            _ => default,
        };
        if (at.ValueKind is not JsonValueKind.Object)
        {
            return $"HTTP {(int)response.StatusCode} {response.ReasonPhrase}";
        }

        var message = TextOf(at, "error_msg") ?? TextOf(at, "errorMessage") ?? TextOf(at, "errMsg") ?? TextOf(at, "error_message") ?? $"HTTP {(int)response.StatusCode}";
        return TextOf(at, "detail") is { Length: > 0 } detail ? $"{message.TrimEnd('.')}: {detail}" : message;
    }

    private static string? TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
