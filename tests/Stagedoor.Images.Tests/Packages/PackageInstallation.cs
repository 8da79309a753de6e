using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>An installation that signs, with the calls that tests of packages make on their way to something else.</summary>
public class PackageInstallation : Installation
{
    /// <summary>The folder of the blob store.</summary>
    public string Blobs => Path.Combine(App.DataDirectory, "blobs");

    /// <summary>Where the packages of the organization <c>team</c> are.</summary>
    public string Team => Of("team");

    protected override IEnumerable<(string Key, string Value)> Settings =>
        [("Images:Packages:Signing", "true"), ("Images:Packages:MaxFileBytes", "1000000"), ("Images:Packages:AuditDownloads", "true"), ("Images:Collector:Enabled", "false")];

    public string Of(string organization) => $"/swr/v2/domains/{App.FirstRun.Domain}/namespaces/{organization}";

    public static HttpRequestMessage Json(HttpMethod method, string path, string body) =>
        new(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string body, HttpClient? client = null)
    {
        using var request = Json(method, path, body);
        return await (client ?? App.Admin).SendAsync(request, Cancellation);
    }

    /// <summary>Sends what has to succeed.</summary>
    public async Task DoAsync(HttpMethod method, string path, string? body = null, int status = 201, HttpClient? client = null)
    {
        using var request = body is null ? new HttpRequestMessage(method, path) : Json(method, path, body);
        using var response = await (client ?? App.Admin).SendAsync(request, Cancellation);
        await ShouldBeAsync(response, status);
    }

    /// <summary>Makes a repository with a package and its version 1.0, and answers where that is.</summary>
    public async Task<string> CreateAsync(string repository, bool isPublic = false, string organization = "team", HttpClient? client = null)
    {
        var (prefix, flag) = (Of(organization), isPublic ? "true" : "false");
        await DoAsync(HttpMethod.Post, $"{prefix}/repositories", $$"""{"name":"{{repository}}","type":"app","is_public":{{flag}}}""", client: client);
        await DoAsync(HttpMethod.Post, $"{prefix}/repositories/{repository}/packages", $$"""{"name":"{{repository}}-app","type":"app"}""", client: client);
        var package = $"{prefix}/repositories/{repository}/packages/{repository}-app";
        await DoAsync(HttpMethod.Post, $"{package}/versions", """{"version":"1.0"}""", client: client);
        return $"{package}/versions/1.0";
    }

    public static async Task<HttpResponseMessage> PutAsync(HttpClient client, string version, string file, byte[] content)
    {
        ArgumentNullException.ThrowIfNull(client);
        using var body = Octets(content);
        return await client.PutAsync($"{version}/file_paths/{file}", body, Cancellation);
    }

    /// <summary>Uploads a file and answers what is said about it.</summary>
    public async Task<JsonElement> UploadAsync(string version, string file, byte[] content, HttpClient? client = null)
    {
        using var response = await PutAsync(client ?? App.Admin, version, file, content);
        await ShouldBeAsync(response, 201);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    public Task<JsonElement> ReadAsync(string path, HttpClient? client = null) => (client ?? App.Admin).GetFromJsonAsync<JsonElement>(path, Cancellation);

    public async Task ShouldRefuseAsync(HttpMethod method, string path, string? body, int status, string code, HttpClient? client = null)
    {
        using var request = body is null ? new HttpRequestMessage(method, path) : Json(method, path, body);
        using var response = await (client ?? App.Admin).SendAsync(request, Cancellation);
        await response.ShouldFailAsync(status, $"SVCSTG.SWR.{code}");
    }

    /// <summary>Where the bytes are that have this SHA-256.</summary>
    public string FileOf(string sha256) => Directory.EnumerateFiles(Path.Combine(Blobs, "images"), sha256, SearchOption.AllDirectories).Single();
}
