using System.Xml.Linq;
using Stagedoor.Iam.Tokens;
using Stagedoor.Identity;
using Stagedoor.Identity.Secrets;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>What version 0.1.0 wrote when identity management was a part of the gateway's assembly, whose name its key ring holds.</summary>
public sealed class OlderInstallationTests
{
    private const string Key = "hVHvGOl+EggbMkDmrPC2YgXgT5GjifT6DTkqazv256Q=";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_key_ring_and_tokens_open()
    {
        using var folder = new TemporaryFolder();
        await using var installation = new Installation(folder.Path, ("Gateway:MasterKey", Key));
        await new IamModule().PrepareAsync(installation.Services, Cancellation);
        await installation.Get<KeyRing>().WriteAsync(XElement.Parse(Golden("key-ring.xml")), "key-24d0808b-fed1-40ea-ae1a-b47f0efb140d", Cancellation);

        var claims = installation.Get<TokenSeal<TokenClaims>>().Open(Golden("token.txt"));

        Assert.NotNull(claims);
        Assert.Equal(("0d5eaeca5ce23fab7831ec91582d8f17", "c992583b182a663e4560e31bba7acdb8"), (claims.UserId, claims.Stamp));
        Assert.Equal(("13daa2d0f4c7788ce64638423189b793", "password"), (claims.ProjectId, claims.Method));
        Assert.Equal(TimeSpan.FromHours(24), claims.ExpiresAt - claims.IssuedAt);
    }

    [Fact]
    public void Its_passwords_match() => Assert.True(PasswordHash.Verify(
        "Kc1mDIdZfKrWssigmTcnYfuz-aA1",
        "pbkdf2-sha512$210000$/QMENSj11PbSt6ySgduu1A==$9p2R4QTYZAbINcmbxg8aHbyZmnzVSeQ9SPqXZJixYSMb0OX5Po9SUNwpwBD8dOLDAAKqFReYQQjoZHn+lwV0jw=="));

    private static string Golden(string name) => File.ReadAllText(Path.Combine(Checkout.Root, "tests", "Stagedoor.Iam.Tests", "Golden", name)).Trim();
}
