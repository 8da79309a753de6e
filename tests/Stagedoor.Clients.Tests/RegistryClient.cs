using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>A small registry client of our own, for what the real ones cannot be made to do: odd uploads, checks of every byte.</summary>
internal sealed class RegistryClient : IDisposable
{
    private const int ChunkSize = 256 * 1024;
    private static readonly string[] s_manifests =
    [
        TestImage.OciManifest, TestImage.OciIndex,
        "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.distribution.manifest.list.v2+json",
    ];

    private readonly HttpClient _http;

    public RegistryClient(string url, string user, string key)
    {
        _http = new OutgoingClient { BaseAddress = new(url), Timeout = TimeSpan.FromMinutes(1) };
        _http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{key}")));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static string DigestOf(ReadOnlySpan<byte> content) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";

    /// <summary>Pushes the layers and the config, then the manifest; the manifest's digest once the server has acknowledged it.</summary>
    public async Task<string> PushAsync(string repository, string tag, TestImage image, BlobUpload upload)
    {
        foreach (var (digest, content) in image.Blobs)
        {
            await PushBlobAsync(repository, digest, content, upload);
        }

        return await PushManifestAsync(repository, tag, image.MediaType, image.Manifest);
    }

    public async Task PushBlobAsync(string repository, string digest, byte[] content, BlobUpload upload)
    {
        using var response = await (upload switch
        {
            BlobUpload.SinglePost => SendAsync(HttpMethod.Post, $"/v2/{repository}/blobs/uploads/?digest={digest}", Content(content)),
            BlobUpload.Monolithic => FinishAsync(await StartUploadAsync(repository), digest, Content(content)),
            BlobUpload.Streamed => StreamAsync(await StartUploadAsync(repository), digest, content),
            _ => ChunksAsync(await StartUploadAsync(repository), digest, content),
        });
        await RequireAsync(response, HttpStatusCode.Created);
    }

    /// <summary>Opens an upload; its location.</summary>
    public async Task<Uri> StartUploadAsync(string repository)
    {
        using var response = await SendAsync(HttpMethod.Post, $"/v2/{repository}/blobs/uploads/", null);
        await RequireAsync(response, HttpStatusCode.Accepted);
        return Location(response);
    }

    /// <summary>Sends bytes that begin at the offset; the upload's next location.</summary>
    public async Task<Uri> AppendAsync(Uri upload, long offset, ReadOnlyMemory<byte> chunk)
    {
        var content = Content(chunk);
        content.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{offset}-{offset + chunk.Length - 1}"));
        using var response = await SendAsync(HttpMethod.Patch, upload.ToString(), content);
        await RequireAsync(response, HttpStatusCode.Accepted);
        Assert.Equal($"0-{offset + chunk.Length - 1}", Assert.Single(response.Headers.GetValues("Range")));
        return Location(response);
    }

    /// <summary>How many bytes the server has of an upload.</summary>
    public async Task<long> OffsetAsync(Uri upload)
    {
        using var response = await SendAsync(HttpMethod.Get, upload.ToString(), null);
        await RequireAsync(response, HttpStatusCode.NoContent);
        var last = Assert.Single(response.Headers.GetValues("Range")).Split('-')[1];
        return long.Parse(last, CultureInfo.InvariantCulture) + 1;
    }

    public async Task<HttpResponseMessage> FinishAsync(Uri upload, string digest, HttpContent? content) =>
        await SendAsync(HttpMethod.Put, $"{upload}{(upload.Query.Length == 0 ? '?' : '&')}digest={digest}", content);

    public async Task<string> PushManifestAsync(string repository, string reference, string mediaType, byte[] manifest)
    {
        var content = Content(manifest);
        content.Headers.ContentType = new(mediaType);
        using var response = await SendAsync(HttpMethod.Put, $"/v2/{repository}/manifests/{reference}", content);
        await RequireAsync(response, HttpStatusCode.Created);
        return Assert.Single(response.Headers.GetValues("Docker-Content-Digest"));
    }

    /// <summary>Every tag of the repository, page by page; none when it is not there.</summary>
    public async Task<IReadOnlyList<string>> ListTagsAsync(string repository)
    {
        List<string> tags = [];
        for (var path = $"/v2/{repository}/tags/list"; path is not null;)
        {
            using var response = await SendAsync(HttpMethod.Get, path, null);
            if (response.StatusCode is HttpStatusCode.NotFound)
            {
                return [];
            }

            await RequireAsync(response, HttpStatusCode.OK);
            using var body = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(Cancellation));
            var page = body.RootElement.GetProperty("tags").EnumerateArray().Select(t => t.GetString()!).ToList();
            tags.AddRange(page);
            path = response.Headers.Contains("Link") && page.Count > 0 ? $"/v2/{repository}/tags/list?last={page[^1]}" : null;
        }

        return tags;
    }

    public async Task<byte[]> PullManifestAsync(string repository, string reference)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/{repository}/manifests/{reference}");
        request.Headers.Add("Accept", s_manifests);
        using var response = await _http.SendAsync(request, Cancellation);
        await RequireAsync(response, HttpStatusCode.OK);
        var manifest = await response.Content.ReadAsByteArrayAsync(Cancellation);
        Assert.Equal(DigestOf(manifest), Assert.Single(response.Headers.GetValues("Docker-Content-Digest")));
        return manifest;
    }

    /// <summary>Pulls a manifest and everything that it names, and checks the digest of every byte; the manifest's digest.</summary>
    public async Task<string> VerifyAsync(string repository, string reference)
    {
        var manifest = await PullManifestAsync(repository, reference);
        using var document = JsonDocument.Parse(manifest);
        foreach (var descriptor in document.RootElement.GetProperty("layers").EnumerateArray().Append(document.RootElement.GetProperty("config")))
        {
            await VerifyBlobAsync(repository, descriptor.GetProperty("digest").GetString()!, descriptor.GetProperty("size").GetInt64());
        }

        return DigestOf(manifest);
    }

    public async Task VerifyBlobAsync(string repository, string digest, long size)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/{repository}/blobs/{digest}");
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await RequireAsync(response, HttpStatusCode.OK);
        Assert.Equal(size, response.Content.Headers.ContentLength);
        await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
        Assert.Equal(digest, $"sha256:{Convert.ToHexStringLower(await SHA256.HashDataAsync(body, Cancellation))}");
    }

    /// <summary>Any request of the administrator, for what has no method here.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        return await _http.SendAsync(request, Cancellation);
    }

    public void Dispose() => _http.Dispose();

    private static ReadOnlyMemoryContent Content(ReadOnlyMemory<byte> bytes) =>
        new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };

    private static async Task RequireAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        if (response.StatusCode != status)
        {
            throw new RegistryException(
                response.StatusCode,
                $"{response.RequestMessage}: {(int)response.StatusCode} instead of {(int)status}: {await response.Content.ReadAsStringAsync(Cancellation)}");
        }
    }

    private async Task<HttpResponseMessage> StreamAsync(Uri upload, string digest, byte[] content)
    {
        using var body = new MemoryStream(content, writable: false);
        using var streamed = new StreamContent(body);
        streamed.Headers.ContentType = new("application/octet-stream");
        using var request = new HttpRequestMessage(HttpMethod.Patch, upload) { Content = streamed };
        request.Headers.TransferEncodingChunked = true;
        using var response = await _http.SendAsync(request, Cancellation);
        await RequireAsync(response, HttpStatusCode.Accepted);
        return await FinishAsync(Location(response), digest, null);
    }

    private async Task<HttpResponseMessage> ChunksAsync(Uri upload, string digest, byte[] content)
    {
        for (var offset = 0; offset < content.Length; offset += ChunkSize)
        {
            upload = await AppendAsync(upload, offset, content.AsMemory(offset, Math.Min(ChunkSize, content.Length - offset)));
        }

        return await FinishAsync(upload, digest, null);
    }

    private Uri Location(HttpResponseMessage response) => new(_http.BaseAddress!, response.Headers.Location!);
}

/// <summary>How a blob is sent.</summary>
public enum BlobUpload
{
    /// <summary>POST, then everything in one PUT.</summary>
    Monolithic,

    /// <summary>Everything in one POST.</summary>
    SinglePost,

    /// <summary>POST, PATCHes with Content-Range, an empty PUT.</summary>
    Chunked,

    /// <summary>POST, one PATCH of unknown length, an empty PUT.</summary>
    Streamed,
}

/// <summary>The registry answered something else than was asked of it.</summary>
internal sealed class RegistryException(HttpStatusCode status, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;
}
