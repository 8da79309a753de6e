using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Iam;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests;

/// <summary>An installation with the organization <c>team</c>, and the calls that tests of the registry make on their way to something else.</summary>
public class Installation : IAsyncLifetime
{
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    public const string Index = "application/vnd.oci.image.index.v1+json";

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public StagedoorApp App { get; private set; } = null!;

    /// <summary>The administrator, logged in as docker does.</summary>
    public HttpClient Registry { get; private set; } = null!;

    /// <summary>Where its metadata is; in files of its own if nowhere else. It goes with the installation.</summary>
    public OwnDatabase? Database { get; set; }

    protected virtual IEnumerable<(string Key, string Value)> Settings => [];

    public virtual async ValueTask InitializeAsync()
    {
        (string Key, string Value)[] usual =
        [
            ("Gateway:PasswordIterations", "10000"),
            ("Gateway:RequestsPerSecond", "0"),
            ("Images:AutoCreateOrganization", "false"),
            ("Images:MaxOrganizationsPerAccount", "1000"),
        ];
        App = await StagedoorApp.StartAsync(Configure, [.. Settings, .. Database?.Settings ?? [], .. usual.Where(u => !Settings.Any(s => s.Key == u.Key))]);
        Registry = App.Registry();
        await CreateOrganizationAsync("team");
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Registry?.Dispose();
        if (App is not null)
        {
            await App.DisposeAsync();
        }

        if (Database is not null)
        {
            await Database.DisposeAsync();
        }
    }

    /// <summary>Replaces services of the host.</summary>
    protected virtual void Configure(IServiceCollection services)
    {
    }

    /// <summary>Lets everything that is remembered for a second go out of date.</summary>
    public void Forget() => App.Clock.Advance(TimeSpan.FromSeconds(3));

    public async Task CreateOrganizationAsync(string name)
    {
        using var response = await App.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = name }, Cancellation);
        await ShouldBeAsync(response, 201);
    }

    public static async Task ShouldBeAsync(HttpResponseMessage response, int status)
    {
        ArgumentNullException.ThrowIfNull(response);
        var text = (int)response.StatusCode == status ? "" : await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)response.StatusCode == status, $"{response.RequestMessage?.RequestUri}: {(int)response.StatusCode}: {text}");
    }

    public static string DigestOf(byte[] content, string algorithm = "sha256") =>
        $"{algorithm}:{Convert.ToHexStringLower(algorithm == "sha512" ? SHA512.HashData(content) : SHA256.HashData(content))}";

    public static byte[] Random(int length) => RandomNumberGenerator.GetBytes(length);

    public static ByteArrayContent Octets(byte[] content)
    {
        var body = new ByteArrayContent(content);
        body.Headers.ContentType = new("application/octet-stream");
        return body;
    }

    /// <summary>Pushes a blob in one request and answers its digest.</summary>
    public async Task<string> PushBlobAsync(string name, byte[] content, string algorithm = "sha256")
    {
        var digest = DigestOf(content, algorithm);
        using var body = Octets(content);
        using var response = await Registry.PostAsync($"/v2/{name}/blobs/uploads/?digest={digest}", body, Cancellation);
        await ShouldBeAsync(response, 201);
        return digest;
    }

    /// <summary>Begins an upload and answers its location.</summary>
    public async Task<string> BeginUploadAsync(string name, string query = "")
    {
        using var response = await Registry.PostAsync($"/v2/{name}/blobs/uploads/{query}", null, Cancellation);
        await ShouldBeAsync(response, 202);
        return response.Headers.Location!.OriginalString;
    }

    public async Task<HttpResponseMessage> PatchAsync(string location, byte[] content, string? range = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = Octets(content) };
        if (range is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Range", range);
        }

        return await Registry.SendAsync(request, Cancellation);
    }

    public async Task<HttpResponseMessage> FinishAsync(string location, string digest, byte[]? content = null, string? range = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{location}?digest={digest}") { Content = Octets(content ?? []) };
        if (range is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Range", range);
        }

        return await Registry.SendAsync(request, Cancellation);
    }

    public async Task<HttpResponseMessage> PutManifestAsync(string name, string reference, byte[] manifest, string? mediaType = Manifest)
    {
        using var content = new ByteArrayContent(manifest);
        content.Headers.ContentType = mediaType is null ? null : MediaTypeHeaderValue.Parse(mediaType);
        return await Registry.PutAsync($"/v2/{name}/manifests/{reference}", content, Cancellation);
    }

    /// <summary>A manifest of a new configuration and a new layer, both pushed.</summary>
    public async Task<byte[]> NewManifestAsync(string name, object? subject = null, string? artifactType = null, object? annotations = null)
    {
        var (config, layer) = (Random(100), Random(200));
        await PushBlobAsync(name, config);
        await PushBlobAsync(name, layer);
        return ManifestOf(config, layer, subject, artifactType, annotations);
    }

    public static byte[] ManifestOf(byte[] config, byte[] layer, object? subject = null, string? artifactType = null, object? annotations = null) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                schemaVersion = 2,
                mediaType = Manifest,
                artifactType,
                config = new { mediaType = "application/vnd.oci.image.config.v1+json", digest = DigestOf(config), size = config.Length },
                layers = new[] { new { mediaType = "application/vnd.oci.image.layer.v1.tar", digest = DigestOf(layer), size = layer.Length } },
                subject,
                annotations,
            },
            s_withoutNulls);

    /// <summary>Pushes a new image under a tag and answers its digest and bytes.</summary>
    public async Task<(string Digest, byte[] Bytes)> PushImageAsync(string name, string tag)
    {
        var manifest = await NewManifestAsync(name);
        using var response = await PutManifestAsync(name, tag, manifest);
        await ShouldBeAsync(response, 201);
        return (DigestOf(manifest), manifest);
    }

    /// <summary>Another user of the account, without rights: its id and login.</summary>
    public async Task<(string Id, string User, string Key, HttpClient Signed)> AddUserAsync(string name)
    {
        using var made = await App.Admin.PostAsJsonAsync(
            "/v3/users", new { user = new { name, password = "correct-Horse-7", access_mode = "default" } }, Cancellation);
        await ShouldBeAsync(made, 201);
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("user").GetProperty("id").GetString()!;
        using var keyed = await App.Admin.PostAsJsonAsync(
            "/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = id } }, Cancellation);
        await ShouldBeAsync(keyed, 201);
        var key = (await keyed.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("credential");
        var (access, secret) = (key.GetProperty("access").GetString()!, key.GetProperty("secret").GetString()!);
        return (id, $"{App.FirstRun.Project}@{access}", LoginKey.Compute(access, secret), App.WithKeys(access, secret));
    }

    /// <summary>Another account's root user: a client that signs, and one that logs in to the registry.</summary>
    public async Task<(HttpClient Signed, HttpClient Registry)> AddAccountAsync(string name)
    {
        var account = (await IamModule.CreateAccountAsync(App.Services, name, Cancellation))!;
        return (
            App.WithKeys(account.AccessKey, account.SecretKey),
            App.Registry($"{App.FirstRun.Project}@{account.AccessKey}", LoginKey.Compute(account.AccessKey, account.SecretKey)));
    }

    public void GrantOnOrganization(string organization, string userId, int auth) => App.Sabotage("images").Execute(
        $"INSERT INTO org_acl (organization_id, user_id, user_name, auth, created_at) SELECT id, '{userId}', 'someone', {auth}, 0 FROM organizations WHERE name = '{organization}'");

    public void GrantOnRepository(string repository, string userId, int auth) => App.Sabotage("images").Execute(
        $"INSERT INTO repo_acl (repository_id, user_id, user_name, auth, created_at) SELECT id, '{userId}', 'someone', {auth}, 0 FROM repositories WHERE name = '{repository}'");

    public void Publish(string repository) => App.Sabotage("images").Execute($"UPDATE repositories SET is_public = 1 WHERE name = '{repository}'");

    /// <summary>Exchanges a login for a token.</summary>
    public static async Task<string> TokenAsync(HttpClient login, string query)
    {
        ArgumentNullException.ThrowIfNull(login);
        using var response = await login.GetAsync($"/swr/auth/v2/registry/auth/?service=dockyard{query}", Cancellation);
        await ShouldBeAsync(response, 200);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("token").GetString()!;
    }

    public HttpClient WithBearer(string token)
    {
        var client = new OutgoingClient(new ObservingHandler(App.Services) { InnerHandler = new SocketsHttpHandler() }) { BaseAddress = new(App.Url) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }

    /// <summary>The claims of a token.</summary>
    public static JsonElement ClaimsOf(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return JsonDocument.Parse(Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1]))).RootElement;
    }

    private static readonly JsonSerializerOptions s_withoutNulls = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };
}
