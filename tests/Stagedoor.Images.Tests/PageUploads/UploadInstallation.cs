using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>An installation to which archives of at most 2 MiB are uploaded, with layers of at most 1.5 MB.</summary>
public class UploadInstallation : Installation
{
    public const int MaxFileBytes = 2 * 1024 * 1024;
    public const int MaxBlobBytes = 1_500_000;

    private static readonly string[] s_tables = ["repositories", "tags", "manifests", "blobs", "blob_links", "blob_refs", "blob_uploads"];

    /// <summary>The requests that have come.</summary>
    public RequestCounter Requests { get; } = new();

    protected override IEnumerable<(string Key, string Value)> Settings =>
        [("Images:PageUpload:MaxFileBytes", $"{MaxFileBytes}"), ("Images:MaxBlobBytes", $"{MaxBlobBytes}"), ("Images:Collector:Enabled", "false")];

    protected override void Configure(IServiceCollection services) => services.AddSingleton<IStartupFilter>(Requests);

    public Task<HttpResponseMessage> UploadAsync(byte[] archive, string file = "image.tar", string? repository = null, string organization = "team", HttpClient? client = null) =>
        UploadAsync([(file, archive)], repository, organization, client);

    public async Task<HttpResponseMessage> UploadAsync(
        IEnumerable<(string File, byte[] Archive)> files, string? repository = null, string organization = "team", HttpClient? client = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        using var form = new MultipartFormDataContent();
        if (repository is not null)
        {
            form.Add(new StringContent(repository), "repository");
        }

        foreach (var (file, archive) in files)
        {
            form.Add(new ByteArrayContent(archive), "file", file);
        }

        return await (client ?? App.Admin).PostAsync($"/v2/manage/namespaces/{organization}/images", form, Cancellation);
    }

    /// <summary>Uploads one archive with fields of text, as often as they are given.</summary>
    public async Task<HttpResponseMessage> UploadWithAsync(byte[] archive, params (string Name, string Value)[] fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
        {
            form.Add(new StringContent(value), name);
        }

        form.Add(new ByteArrayContent(archive), "file", "image.tar");
        return await App.Admin.PostAsync("/v2/manage/namespaces/team/images", form, Cancellation);
    }

    /// <summary>Sends a body as it is.</summary>
    public async Task<HttpResponseMessage> SendAsync(string body, string type = "multipart/form-data; boundary=b", string organization = "team", HttpClient? client = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        using var content = new ByteArrayContent(System.Text.Encoding.Latin1.GetBytes(body.ReplaceLineEndings("\r\n")));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v2/manage/namespaces/{organization}/images") { Content = content };
        request.Headers.ExpectContinue = content.Headers.ContentLength > MaxFileBytes;
        return await (client ?? App.Admin).SendAsync(request, Cancellation);
    }

    public static async Task<JsonElement> StoredAsync(HttpResponseMessage response)
    {
        await ShouldBeAsync(response, 201);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement;
    }

    /// <summary>A manifest of the registry, and its type.</summary>
    public async Task<(JsonElement Manifest, string Type, string Digest)> PullAsync(string name, string reference)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/{name}/manifests/{reference}");
        request.Headers.TryAddWithoutValidation(
            "Accept", "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json");
        using var response = await Registry.SendAsync(request, Cancellation);
        await ShouldBeAsync(response, 200);
        return (
            JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement,
            response.Content.Headers.ContentType!.MediaType!,
            response.Headers.GetValues("Docker-Content-Digest").Single());
    }

    /// <summary>What is stored anywhere, to be compared with what is there later.</summary>
    public IReadOnlyList<string> Everything() =>
    [
        .. s_tables.Select(t => $"{t} {App.Sabotage("images").Count(t)}"),
        .. new[] { "spool", "work", "blobs" }.Select(f => Path.Combine(App.DataDirectory, f)).Where(Directory.Exists)
            .SelectMany(static f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories)).Order(StringComparer.Ordinal),
    ];

    /// <summary>Does something that must fail, and leave everything as it was.</summary>
    public static async Task ShouldRefuseAsync(Task<HttpResponseMessage> doing, int status, string code, string? detail = null)
    {
        ArgumentNullException.ThrowIfNull(doing);
        using var response = await doing;
        var error = await response.ShouldFailAsync(status, "SVCSTG.SWR." + code);
        if (detail is not null)
        {
            Assert.Contains(detail, error.Body, StringComparison.Ordinal);
        }
    }
}
