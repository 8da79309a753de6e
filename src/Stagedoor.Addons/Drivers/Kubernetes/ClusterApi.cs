using System.Net.Http.Headers;
using System.Text;
using System.Threading.RateLimiting;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Identity;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>Speaks with the API server of one cluster: JSON in, JSON out, in bounds of time, size and rate.</summary>
internal sealed class ClusterApi
{
    private const int MaxAnswerBytes = 64 * 1024 * 1024;
    private const int RequestsPerSecond = 20;
    private const int Burst = 60;
    private const int MaxQueued = 1_000;
    private const int MaxMessage = 1_000;

    // Whoever waits for an answer is told within five seconds that none comes.
    private static readonly TimeSpan s_readTime = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_writeTime = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http;
    private readonly Uri _server;
    private readonly AuthenticationHeaderValue? _credential;
    private readonly TimeProvider _clock;
    private readonly RateLimiter _rate;
    private readonly Func<CancellationToken, Task>? _confirm;

    /// <param name="http">Connects; it is this one's.</param>
    /// <param name="rate">How often it may be asked; it is this one's.</param>
    /// <param name="server">Where the API server is, with a slash at the end.</param>
    /// <param name="credential">Whom it is asked as; null where a certificate of the connection says it.</param>
    /// <param name="clock">Measures waiting.</param>
    public ClusterApi(HttpClient http, RateLimiter rate, Uri server, AuthenticationHeaderValue? credential, TimeProvider clock)
    {
        (_http, _rate, _server, _credential, _clock) = (http, rate, server, credential, clock);
        Kinds = new(this, clock);
    }

    private ClusterApi(ClusterApi api, Func<CancellationToken, Task> confirm)
    {
        (_http, _rate, _server, _credential, _clock, _confirm) = (api._http, api._rate, api._server, api._credential, api._clock, confirm);
        Kinds = api.Kinds;
    }

    /// <summary>What the cluster serves.</summary>
    public ResourceKinds Kinds { get; }

    /// <summary>A limit for one cluster.</summary>
    public static RateLimiter Rate() => new TokenBucketRateLimiter(new()
    {
        TokenLimit = Burst,
        TokensPerPeriod = RequestsPerSecond / 10,
        ReplenishmentPeriod = TimeSpan.FromMilliseconds(100),
        QueueLimit = MaxQueued,
    });

    /// <summary>The same connection for one who asks, right before each change, whether it is still wanted; what is asked throws where it is not.</summary>
    public ClusterApi Asking(Func<CancellationToken, Task>? confirm) => confirm is null ? this : new(this, confirm);

    /// <summary>Gives the connection up. Not as a part of disposing: who opens one does not own it.</summary>
    public void Close()
    {
        _http.Dispose();
        _rate.Dispose();
    }

    public Task<ApiAnswer> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, "", cancellationToken);

    public Task<ApiAnswer> PostAsync(string path, GoMap body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, body, "application/json", cancellationToken);

    public Task<ApiAnswer> PutAsync(string path, GoMap body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, path, body, "application/json", cancellationToken);

    public Task<ApiAnswer> MergeAsync(string path, GoMap body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Patch, path, body, "application/merge-patch+json", cancellationToken);

    /// <summary>Merges into an object, lists by what their elements are known by.</summary>
    public Task<ApiAnswer> PatchAsync(string path, GoMap body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Patch, path, body, "application/strategic-merge-patch+json", cancellationToken);

    /// <summary>Applies an object on the server's side.</summary>
    public Task<ApiAnswer> ApplyAsync(string path, GoMap body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Patch, path, body, "application/apply-patch+yaml", cancellationToken);

    /// <summary>Deletes an object; what belongs to it goes behind it.</summary>
    public Task<ApiAnswer> DeleteAsync(string path, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Delete,
        path,
        new() { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1", ["propagationPolicy"] = "Background" },
        "application/json",
        cancellationToken);

    /// <summary>The object, or the list, of a path; <c>null</c> where there is none.</summary>
    /// <exception cref="DriverException">The server refuses, or does not answer.</exception>
    public async Task<GoMap?> FindAsync(string path, CancellationToken cancellationToken)
    {
        var answer = await GetAsync(path, cancellationToken);
        return answer.Status switch
        {
            200 => answer.Body,
            404 => null,
            _ => throw new DriverRejectedException(Reasons.ApplyRejected, $"{path.Split('?')[0]}: {answer.Message}"),
        };
    }

    private async Task<ApiAnswer> SendAsync(HttpMethod method, string path, GoMap? body, string contentType, CancellationToken cancellationToken)
    {
        try
        {
            using var lease = await _rate.AcquireAsync(1, cancellationToken);
            if (!lease.IsAcquired)
            {
                throw new DriverUnavailableException("Too many requests wait for the API server of the cluster.");
            }

            if (_confirm is not null && method != HttpMethod.Get && !path.Contains("dryRun=All", StringComparison.Ordinal))
            {
                await _confirm(cancellationToken);
            }

            return await AskAsync(method, path, body, contentType, cancellationToken);
        }
        catch (ObjectDisposedException e)
        {
            throw new DriverUnavailableException("The connection to the cluster was given up.", e);
        }
    }

    private async Task<ApiAnswer> AskAsync(HttpMethod method, string path, GoMap? body, string contentType, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(method == HttpMethod.Get ? s_readTime : s_writeTime, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);

        // Behind the path of the server, which it has where one address leads to many clusters.
        using var request = new HttpRequestMessage(method, new Uri(_server, path.TrimStart('/')));
        request.Headers.Authorization = _credential;
        request.Headers.Accept.Add(new("application/json"));
        if (body is not null)
        {
            request.Content = new StringContent(JsonText.Write(body, escapeHtml: false), Encoding.UTF8);
            request.Content.Headers.ContentType = new(contentType);
        }

        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            var text = await ReadAsync(response, both.Token);
            return Judge((int)response.StatusCode, text, path);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DriverUnavailableException("The API server of the cluster did not answer in time.");
        }
        catch (Exception e) when (AddressRefusedException.In(e) is { } refused)
        {
            throw new DriverRejectedException(Reasons.ClusterUnreachable, refused.Message, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new DriverUnavailableException($"The API server of the cluster cannot be reached: {Problem(e)}", e);
        }
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var bytes = new MemoryStream();
        var buffer = new byte[81_920];
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            await bytes.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            if (bytes.Length > MaxAnswerBytes)
            {
                throw new DriverDataException("The API server of the cluster answered with too much.");
            }
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static ApiAnswer Judge(int status, string text, string path)
    {
        GoMap? body = null;
        try
        {
            body = JsonText.Read(text) as GoMap;
        }
        catch (FormatException)
        {
            // What it means depends on the status.
        }

        if (status is >= 200 and < 300)
        {
            return new(status, body ?? throw new DriverDataException($"The API server of the cluster answered {path.Split('?')[0]} with what is no JSON object."), "");
        }

        var message = Text.Repair(Text.Cut(body?.Text("message") is { Length: > 0 } said ? said : $"status {status}", MaxMessage));
        return status switch
        {
            401 => throw new DriverUnavailableException("The API server of the cluster refuses the credential of the kubeconfig (401)."),

            // Servers before 1.27 say so of a field that they do not know: to try it again is of no use.
            500 when message.Contains("not declared in schema", StringComparison.Ordinal) || message.Contains("failed to create typed patch object", StringComparison.Ordinal) =>
                new(422, body ?? [], message),
            429 or >= 500 or < 200 or (>= 300 and < 400) => throw new DriverUnavailableException($"The API server of the cluster answered with {status}: {message}"),
            _ => new(status, body ?? [], message),
        };
    }

    // The words of the framework hold the address, which the caller knows, and what the system said.
    private static string Problem(Exception e) => Text.Repair(Text.Cut((e.InnerException ?? e).Message, MaxMessage));
}

/// <summary>What an API server answered, other than that it cannot.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The object; of a refusal its <c>Status</c>, empty where it had none.</param>
/// <param name="Message">Why it refuses; empty where it does not.</param>
internal sealed record ApiAnswer(int Status, GoMap Body, string Message)
{
    public bool IsDone => Status is >= 200 and < 300;

    /// <summary>Whose fields stand in the way of an apply: the field, and who has it.</summary>
    public IReadOnlyList<(string Field, string Manager)> Conflicts =>
    [
        .. (Body.Table("details") ?? []).List("causes").OfType<GoMap>().Where(static c => c.Text("reason") is "FieldManagerConflict")
            .Select(static c => (c.Text("field"), c.Text("message"))),
    ];
}
