using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>Each operation of the registry is an endpoint of its own, whatever words are in the name of a repository.</summary>
public sealed class OperationTests(OpenInstallation images) : IClassFixture<OpenInstallation>
{
    private const string Session = "00000000-0000-4000-8000-000000000000";
    private static readonly string s_digest = Installation.DigestOf([7, 7, 7]);

    private static readonly string[] s_names =
    [
        "alpine", "team/app", "team/a/b", "team/a/b/c", "team/a/b/c/d", "team/blobs", "team/blobs/uploads", "team/manifests", "team/tags", "team/tags/list",
        "team/referrers/x", "blobs/uploads", "manifests/manifests", "_catalog", "team/_catalog", "manage/app",
    ];

    private static readonly (string Method, string Operation, string Template, string Path, string Resource, string Reference)[] s_operations =
    [
        ("GET", "PullManifest", "/v2/{name}/manifests/{reference}", "manifests/v1", "Manifest", "v1"),
        ("PUT", "PushManifest", "/v2/{name}/manifests/{reference}", "manifests/list", "Manifest", "list"),
        ("DELETE", "DeleteManifest", "/v2/{name}/manifests/{reference}", $"manifests/{s_digest}", "Manifest", s_digest),
        ("GET", "PullBlob", "/v2/{name}/blobs/{digest}", $"blobs/{s_digest}", "Blob", s_digest),
        ("DELETE", "DeleteBlob", "/v2/{name}/blobs/{digest}", $"blobs/{s_digest}", "Blob", s_digest),
        ("POST", "StartUpload", "/v2/{name}/blobs/uploads/", "blobs/uploads/", "Uploads", ""),
        ("GET", "ShowUpload", "/v2/{name}/blobs/uploads/{session_id}", $"blobs/uploads/{Session}", "Upload", Session),
        ("PATCH", "AppendUpload", "/v2/{name}/blobs/uploads/{session_id}", $"blobs/uploads/{Session}", "Upload", Session),
        ("PUT", "FinishUpload", "/v2/{name}/blobs/uploads/{session_id}", $"blobs/uploads/{Session}", "Upload", Session),
        ("DELETE", "CancelUpload", "/v2/{name}/blobs/uploads/{session_id}", $"blobs/uploads/{Session}", "Upload", Session),
        ("GET", "ListImageTags", "/v2/{name}/tags/list", "tags/list", "Tags", ""),
        ("GET", "ListReferrers", "/v2/{name}/referrers/{digest}", $"referrers/{s_digest}", "Referrers", s_digest),
    ];

    public static TheoryData<string, string, string> Paths { get; } =
        new(s_operations.SelectMany(static o => s_names.Select(n => (n, o.Path, $"{o.Resource} {n} {o.Reference}"))));

    public static TheoryData<string, string, string, string> Operations { get; } = new(s_operations.Select(static o => (o.Method, o.Operation, o.Template, o.Path)));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_path_is_one_of_its_operation_whatever_the_name(string name, string path, string expected)
    {
        var parsed = RegistryPath.Parse($"/v2/{name}/{path}");

        Assert.Equal(expected, $"{parsed.Resource} {parsed.Name} {parsed.Reference}");
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task An_operation_has_one_endpoint_one_description_and_measures_of_its_own(string method, string operation, string template, string path)
    {
        foreach (var name in (string[])["team/app", "team/blobs/uploads", "team/a/b/c/manifests"])
        {
            using var request = new HttpRequestMessage(new(method), $"/v2/{name}/{path}");
            using var response = await images.Registry.SendAsync(request, Cancellation);
            Assert.InRange((int)response.StatusCode, 200, 404);
        }

        var endpoints = images.App.Services.GetRequiredService<EndpointDataSource>().Endpoints;
        Assert.Single(endpoints, e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == operation);
        var document = await images.App.Anonymous.GetFromJsonAsync<JsonElement>("/openapi/images.json", Cancellation);
        var described = document.GetProperty("paths").GetProperty(template).GetProperty(method.ToLowerInvariant());
        Assert.Equal(operation, described.GetProperty("operationId").GetString());
        var metrics = await images.App.Anonymous.GetStringAsync("/metrics", Cancellation);
        Assert.Contains($"{template}\"", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE", "/v2/_catalog", 405)]
    [InlineData("GET", "/v2/team/app", 404)]
    [InlineData("GET", "/v2/team/app/manifests/", 404)]
    [InlineData("GET", "/v2/team/app/tags/other", 404)]
    [InlineData("POST", "/v2", 404)]
    [InlineData("POST", "/v2/", 405)]
    [InlineData("DELETE", "/v2/team/app/tags/list", 405)]
    [InlineData("PATCH", "/v2/team/app/manifests/v1", 405)]
    [InlineData("GET", "/v2/team/app/blobs/uploads/", 405)]
    [InlineData("PUT", "/v2/team/app/blobs/uploads", 405)]
    [InlineData("POST", "/v2/team/app/blobs/uploads/x", 405)]
    public async Task What_is_no_operation_is_refused_after_the_login(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new(method), path);
        using var response = await images.Registry.SendAsync(request, Cancellation);
        await Installation.ShouldBeAsync(response, status);

        using var again = new HttpRequestMessage(new(method), path);
        using var anonymous = await images.App.Anonymous.SendAsync(again, Cancellation);
        await Installation.ShouldBeAsync(anonymous, 401);
    }

    [Theory]
    [InlineData("DELETE", "/v2/team/app/tags/list", "GET, HEAD")]
    [InlineData("PATCH", "/v2/team/app/manifests/v1", "GET, HEAD, PUT, DELETE")]
    [InlineData("PUT", "/v2/team/app/blobs/uploads/", "POST")]
    public async Task A_refused_method_says_which_there_are(string method, string path, string allowed)
    {
        using var request = new HttpRequestMessage(new(method), path);
        using var response = await images.Registry.SendAsync(request, Cancellation);
        Assert.Contains(allowed, (await response.ShouldFailAsync(405, "SVCSTG.SWR.4040083")).Body, StringComparison.Ordinal);
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow));
    }

    [Theory]
    [InlineData("team%2Fapp/manifests/v1")]
    [InlineData("team/app/manifests%2Fv1")]
    public async Task An_escaped_slash_is_none(string path)
    {
        using var response = await images.Registry.GetAsync($"/v2/{path}", Cancellation);

        Assert.InRange((int)response.StatusCode, 400, 404);
    }
}
