using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>A token outlives an update of the server, and replicas of two versions take each other's.</summary>
public sealed class OlderTokenTests(Installation images) : IClassFixture<Installation>
{
    private const string Kid = "00000000000000000000000000000001";

    private static readonly string s_folder = Path.Combine(Checkout.Root, "tests/Stagedoor.Images.Tests/Oci/Golden");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RegistryTokens Tokens => images.App.Services.GetRequiredService<RegistryTokens>();

    [Fact]
    public async Task A_token_of_an_older_version_is_read()
    {
        await AddKeyAsync();

        var payload = await Tokens.ReadAsync(await GoldenAsync("registry-token.txt"), Cancellation);

        Assert.NotNull(payload);
        Assert.Equal(("0123456789abcdef0123456789abcdef", 1_764_000_900L, "p1", "sealed"), (payload.Sub, payload.Exp, payload.Project, payload.Credential));
        var access = Assert.Single(payload.Access);
        Assert.Equal(("repository", "team/組織"), (access.Type, access.Name));
        Assert.Equal(["pull", "push"], access.Actions);
    }

    [Theory]
    [InlineData("{\"typ\":\"JWT\",\"alg\":\"none\",\"kid\":\"00000000000000000000000000000001\"}")]
    [InlineData("{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":\"00000000000000000000000000000001\"}")]
    [InlineData("{\"typ\":\"JWT\",\"alg\":\"ES384\",\"kid\":\"00000000000000000000000000000001\"}")]
    [InlineData("{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"other\"}")]
    [InlineData("{\"typ\":\"JWT\",\"alg\":\"ES256\"}")]
    [InlineData("{}")]
    [InlineData("not json")]
    public async Task Another_header_makes_it_void(string header)
    {
        await AddKeyAsync();
        var parts = (await GoldenAsync("registry-token.txt")).Split('.');
        var text = $"{System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(header))}.{parts[1]}";
        using var key = ECDsa.Create();
        key.ImportFromPem(await GoldenAsync("registry-key.pem"));
        var signature = key.SignData(System.Text.Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256);

        Assert.Null(await Tokens.ReadAsync($"{text}.{System.Buffers.Text.Base64Url.EncodeToString(signature)}", Cancellation));
        Assert.Null(await Tokens.ReadAsync($"{text}.", Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b.c")]
    [InlineData("..")]
    [InlineData("a.b.c.d.e")]
    [InlineData("é.é.é")]
    public async Task What_is_no_token_is_none(string text) => Assert.Null(await Tokens.ReadAsync(text, Cancellation));

    private static Task<string> GoldenAsync(string file) => File.ReadAllTextAsync(Path.Combine(s_folder, file), Cancellation);

    private async Task AddKeyAsync()
    {
        var provider = images.App.Services;
        using var key = ECDsa.Create();
        key.ImportFromPem(await GoldenAsync("registry-key.pem"));
        var protectedKey = Convert.ToBase64String(
            provider.GetRequiredService<IDataProtectionProvider>().CreateProtector("Stagedoor.Images.RegistryKeys").Protect(key.ExportPkcs8PrivateKey()));
        await provider.GetRequiredService<ImagesDb>().ExecuteAsync(
            "INSERT INTO registry_keys (kid, protected_key, created_at) VALUES (@Kid, @protectedKey, 0) ON CONFLICT (kid) DO NOTHING", new { Kid, protectedKey }, Cancellation);
        images.App.Clock.Advance(TimeSpan.FromSeconds(2));
    }
}
