using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Stagedoor.Images.Sync;

/// <summary>The registries that settings name, and the connections to them.</summary>
internal sealed class RemoteRegistries(IOptions<SyncOptions> options, TimeProvider clock) : IDisposable
{
    // Redirections are not followed: where images go is what the settings say.
    private readonly HttpClient _client = new OutgoingClient(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The names of the regions.</summary>
    public IEnumerable<string> Names => options.Value.Regions.Keys.Order(StringComparer.Ordinal);

    public SyncRegion? Find(string region) => options.Value.Regions.TryGetValue(region, out var found) ? found : null;

    /// <summary>A repository of a region.</summary>
    public RemoteRegistry Open(SyncRegion region, string name) => new(_client, region, name, TimeSpan.FromSeconds(options.Value.StallSeconds), clock);

    public void Dispose() => _client.Dispose();
}

/// <summary>One repository in another registry, with the credentials for it.</summary>
internal sealed partial class RemoteRegistry(HttpClient client, SyncRegion region, string name, TimeSpan patience, TimeProvider clock)
{
    private const int MaxAnswer = 64 * 1024;

    // What registries take for a manifest at most (OCI distribution specification, "Pushing Manifests").
    private const int MaxIndex = 4 * 1024 * 1024;

    private readonly Uri _base = new(region.Endpoint.TrimEnd('/') + "/");
    private readonly HashSet<string> _readable = new(StringComparer.Ordinal);
    private AuthenticationHeaderValue? _authorization;
    private bool? _listsReferrers;

    /// <summary>Makes sure that it is there and takes the credentials.</summary>
    /// <exception cref="RemoteException">It is not, or does not.</exception>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(() => new(HttpMethod.Get, At("v2/")), cancellationToken);
        await ExpectAsync(answer, HttpStatusCode.OK, cancellationToken);
    }

    /// <summary>The digest of a manifest, empty when the registry does not say it; null when there is none.</summary>
    public async Task<string?> FindManifestAsync(string reference, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Head, At($"v2/{name}/manifests/{reference}"));
                foreach (var type in (string[])[Manifests.MediaTypes.OciManifest, Manifests.MediaTypes.OciIndex, Manifests.MediaTypes.DockerManifest, Manifests.MediaTypes.DockerList])
                {
                    request.Headers.Accept.Add(new(type));
                }

                return request;
            },
            cancellationToken);
        return await IsAsync(answer, HttpStatusCode.OK, cancellationToken) ? answer.Headers.TryGetValues("Docker-Content-Digest", out var digests) ? digests.First() : "" : null;
    }

    /// <summary>The bytes of an index; null when there is none.</summary>
    /// <exception cref="RemoteException">It is too long to be one, or cannot be had.</exception>
    public async Task<byte[]?> FindIndexAsync(string reference, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(
            () => new(HttpMethod.Get, At($"v2/{name}/manifests/{reference}")) { Headers = { Accept = { new(Manifests.MediaTypes.OciIndex), new(Manifests.MediaTypes.DockerList) } } },
            cancellationToken);
        if (!await IsAsync(answer, HttpStatusCode.OK, cancellationToken))
        {
            return null;
        }

        try
        {
            return await ReadAsync(answer, MaxIndex, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new RemoteException($"{name}:{reference} there cannot be read", e) { IsRefusal = e.HttpRequestError is HttpRequestError.ConfigurationLimitExceeded };
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is IOException or OperationCanceledException)
        {
            throw new RemoteException($"{name}:{reference} there cannot be read", e);
        }
    }

    /// <summary>Whether the registry itself lists what refers to a manifest. Those that do not leave that to an index under a tag (<see cref="ReferrersTag"/>).</summary>
    public async Task<bool> ListsReferrersAsync(Digest subject, CancellationToken cancellationToken) => _listsReferrers ??= await AskForReferrersAsync(subject, cancellationToken);

    private async Task<bool> AskForReferrersAsync(Digest subject, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(() => new(HttpMethod.Get, At($"v2/{name}/referrers/{subject}")), cancellationToken);
        if (answer.StatusCode is HttpStatusCode.NotImplemented || IsLasting(answer.StatusCode))
        {
            // What it does not know, a registry or what stands before it refuses in many ways.
            return false;
        }

        await ExpectAsync(answer, HttpStatusCode.OK, cancellationToken);
        return string.Equals(answer.Content.Headers.ContentType?.MediaType, Manifests.MediaTypes.OciIndex, StringComparison.OrdinalIgnoreCase);
    }

    public async Task<bool> HasBlobAsync(Digest digest, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(() => new(HttpMethod.Head, At($"v2/{name}/blobs/{digest}")), cancellationToken);
        return await IsAsync(answer, HttpStatusCode.OK, cancellationToken);
    }

    /// <summary>Puts a manifest; false when it was not to replace one and there is one.</summary>
    public async Task<bool> PutManifestAsync(string reference, string mediaType, byte[] content, bool replaces, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Put, At($"v2/{name}/manifests/{reference}")) { Content = new ByteArrayContent(content) };
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
                if (!replaces)
                {
                    request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
                }

                return request;
            },
            cancellationToken);
        if (answer.StatusCode is HttpStatusCode.PreconditionFailed && !replaces)
        {
            return false;
        }

        if (answer.StatusCode is not HttpStatusCode.Created)
        {
            throw new RemoteException(await DescribeAsync(answer, cancellationToken)) { IsRefusal = IsLasting(answer.StatusCode) };
        }

        return true;
    }

    /// <summary>Begins an upload, or has the blob taken over from another repository there: then null.</summary>
    public async Task<Uri?> BeginAsync(Digest digest, string? from, CancellationToken cancellationToken)
    {
        if (from is not null && _readable.Add(from))
        {
            // The token has to be for that one too.
            _authorization = null;
        }

        using var answer = await SendAsync(
            () => new(HttpMethod.Post, At($"v2/{name}/blobs/uploads/{(from is null ? "" : $"?mount={digest}&from={from}")}")), cancellationToken);
        if (answer.StatusCode is HttpStatusCode.Created && from is not null)
        {
            return null;
        }

        await ExpectAsync(answer, HttpStatusCode.Accepted, cancellationToken);
        return LocationOf(answer, null);
    }

    /// <summary>How much an upload that was begun earlier holds and where it goes on; null when it is not known any more.</summary>
    public async Task<(Uri Location, long Received)?> FindUploadAsync(string location, CancellationToken cancellationToken)
    {
        var at = Own(location);
        using var answer = await SendAsync(() => new(HttpMethod.Get, at), cancellationToken);
        return answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.Accepted ? (LocationOf(answer, at), ReceivedOf(answer) ?? 0) : null;
    }

    /// <summary>Sends a part of a blob, and answers where the upload goes on and how much it holds.</summary>
    public async Task<(Uri Location, long Received)> AppendAsync(
        Uri location, long offset, long length, Func<Stream, Action, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(
            progress =>
            {
                var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new PartContent(length, write, progress) };
                request.Content.Headers.ContentType = new("application/octet-stream");
                request.Content.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{offset}-{offset + length - 1}"));
                return request;
            },
            cancellationToken);
        await ExpectAsync(answer, HttpStatusCode.Accepted, cancellationToken);
        return (LocationOf(answer, location), ReceivedOf(answer) ?? offset + length);
    }

    public async Task FinishAsync(Uri location, Digest digest, CancellationToken cancellationToken)
    {
        var query = location.Query.Length == 0 ? "?" : location.Query + "&";
        var at = new UriBuilder(location) { Query = $"{query}digest={digest}" }.Uri;
        using var answer = await SendAsync(
            () => new(HttpMethod.Put, at) { Content = new ByteArrayContent([]) { Headers = { ContentType = new("application/octet-stream") } } }, cancellationToken);
        await ExpectAsync(answer, HttpStatusCode.Created, cancellationToken);
    }

    private static bool IsLasting(HttpStatusCode status) => (int)status is >= 400 and < 500 and not (401 or 408 or 425 or 429);

    private async Task<bool> IsAsync(HttpResponseMessage answer, HttpStatusCode status, CancellationToken cancellationToken)
    {
        if (answer.StatusCode is HttpStatusCode.NotFound)
        {
            return false;
        }

        await ExpectAsync(answer, status, cancellationToken);
        return true;
    }

    private async Task ExpectAsync(HttpResponseMessage answer, HttpStatusCode status, CancellationToken cancellationToken)
    {
        if (answer.StatusCode != status)
        {
            throw new RemoteException(await DescribeAsync(answer, cancellationToken));
        }
    }

    private async Task<string> DescribeAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var reason = await ReadReasonAsync(answer, cancellationToken);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri!.GetLeftPart(UriPartial.Path)} answered {(int)answer.StatusCode}{(reason.Length > 0 ? ": " : "")}{reason}");
    }

    /// <summary>Code and message of the first error that the other side names; empty when it names none that can be read.</summary>
    private async Task<string> ReadReasonAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            using var json = JsonDocument.Parse(await ReadAsync(answer, MaxAnswer, cancellationToken));
            var first = json.RootElement.GetProperty("errors").EnumerateArray().FirstOrDefault();
            return first.ValueKind is not JsonValueKind.Object ? "" : string.Join(
                ": ",
                ((string[])["code", "message"]).Select(name => first.TryGetProperty(name, out var text) && text.ValueKind is JsonValueKind.String ? text.GetString()!.Trim() : "")
                    .Where(static text => text.Length > 0));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is JsonException or InvalidOperationException or KeyNotFoundException or HttpRequestException or IOException or OperationCanceledException)
        {
            // The status alone is told, as it is of registries that say no more.
            return "";
        }
    }

    // What comes too slowly is cancelled as what is asked in vain.
    private async Task<byte[]> ReadAsync(HttpResponseMessage answer, int maxBytes, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        await answer.Content.LoadIntoBufferAsync(maxBytes, either.Token);
        return await answer.Content.ReadAsByteArrayAsync(either.Token);
    }

    private static long? ReceivedOf(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Range", out var values) && values.First().Split('-') is [_, var end]
        && long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last == 0 ? null : last + 1 : null;

    private Uri At(string path) => new(_base, path);

    private Uri LocationOf(HttpResponseMessage answer, Uri? known) =>
        answer.Headers.Location is { } location ? Own(location.OriginalString) : known ?? throw new RemoteException("the target has begun an upload and does not say where it is");

    // Bytes and credentials go nowhere else than to the address in the settings, whatever the other side says.
    private Uri Own(string location)
    {
        var at = new Uri(_base, location);
        return string.Equals(at.GetLeftPart(UriPartial.Authority), _base.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase)
            ? at
            : throw new RemoteException($"the target sends its uploads to {at.GetLeftPart(UriPartial.Authority)}, which is not the endpoint in the settings");
    }

    private Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken) => SendAsync(_ => make(), cancellationToken);

    private async Task<HttpResponseMessage> SendAsync(Func<Action, HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        var challenged = false;
        while (true)
        {
            var answer = await SendOnceAsync(make, _authorization, cancellationToken);
            if (answer.StatusCode is not HttpStatusCode.Unauthorized || challenged)
            {
                return answer;
            }

            using (answer)
            {
                challenged = true;
                _authorization = await AuthorizeAsync(answer.Headers.WwwAuthenticate, cancellationToken);
            }
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(Func<Action, HttpRequestMessage> make, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
#pragma warning disable RS0030 // It changes the timer that the clock has made.
        using var request = make(() => silence.CancelAfter(patience));
#pragma warning restore RS0030
        request.Headers.Authorization = authorization;
        request.Headers.UserAgent.Add(new("Stagedoor", null));
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        }
        catch (Exception e) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RemoteException(string.Create(CultureInfo.InvariantCulture, $"{_base.Authority} has neither taken nor sent anything for {patience.TotalSeconds} seconds"), e);
        }
        catch (HttpRequestException e) when (e.InnerException is not Storage.StorageException)
        {
            throw new RemoteException($"{_base.Authority}: {(e.InnerException ?? e).Message}", e);
        }
    }

    private async Task<AuthenticationHeaderValue?> AuthorizeAsync(HttpHeaderValueCollection<AuthenticationHeaderValue> challenges, CancellationToken cancellationToken)
    {
        var basic = region.User.Length == 0 ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{region.User}:{region.Password}")));
        var bearer = challenges.FirstOrDefault(static c => string.Equals(c.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase));
        if (bearer is null)
        {
            return basic;
        }

        var parameters = Parameter().Matches(bearer.Parameter ?? "").DistinctBy(static m => m.Groups["name"].Value.ToLowerInvariant(), StringComparer.Ordinal)
            .ToDictionary(static m => m.Groups["name"].Value.ToLowerInvariant(), static m => m.Groups["value"].Value, StringComparer.Ordinal);
        if (!parameters.TryGetValue("realm", out var text) || !Uri.TryCreate(_base, text, out var realm)
            || !(string.Equals(realm.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal) || (string.Equals(realm.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal) && string.Equals(realm.Host, _base.Host, StringComparison.OrdinalIgnoreCase))))
        {
            throw new RemoteException("the target sends for tokens to no address, or over plain HTTP to another host");
        }

        var query = new StringBuilder(realm.Query.Length == 0 ? "?" : realm.Query + "&")
            .Append("service=").Append(Uri.EscapeDataString(parameters.GetValueOrDefault("service", "")))
            .Append("&scope=").Append(Uri.EscapeDataString($"repository:{name}:pull,push"));
        foreach (var other in _readable)
        {
            query.Append("&scope=").Append(Uri.EscapeDataString($"repository:{other}:pull"));
        }

        var at = new UriBuilder(realm) { Query = query.ToString() }.Uri;
        using var answer = await SendOnceAsync(_ => new(HttpMethod.Get, at), basic, cancellationToken);
        if (answer.StatusCode is not HttpStatusCode.OK)
        {
            throw new RemoteException(string.Create(CultureInfo.InvariantCulture, $"{realm.Authority} answered {(int)answer.StatusCode} when it was asked for a token"));
        }

        return new("Bearer", await ReadTokenAsync(answer, cancellationToken));
    }

    private static async Task<string> ReadTokenAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            await answer.Content.LoadIntoBufferAsync(MaxAnswer, cancellationToken);
            using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
            foreach (var member in (string[])["token", "access_token"])
            {
                if (json.RootElement.TryGetProperty(member, out var token) && token.ValueKind is JsonValueKind.String)
                {
                    return token.GetString()!;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or HttpRequestException)
        {
            throw new RemoteException("the answer to the request for a token cannot be read", e);
        }

        throw new RemoteException("the answer to the request for a token has none");
    }

    [GeneratedRegex(@"(?<name>[A-Za-z_]+)\s*=\s*""(?<value>[^""]*)""", RegexOptions.NonBacktracking)]
    private static partial Regex Parameter();

    /// <summary>A body that is written as it is read, and tells of each piece.</summary>
    private sealed class PartContent(long length, Func<Stream, Action, CancellationToken, Task> write, Action progress) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream, progress, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            write(stream, progress, cancellationToken);

        protected override bool TryComputeLength(out long bytes)
        {
            bytes = length;
            return true;
        }
    }
}
