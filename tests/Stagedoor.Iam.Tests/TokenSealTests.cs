using Microsoft.AspNetCore.DataProtection;
using Stagedoor.Iam.Tokens;
using Stagedoor.Identity;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

public sealed class TokenSealTests
{
    private static readonly TokenClaims s_claims = new()
    {
        Id = new('a', 32),
        RootId = new('b', 32),
        UserId = new('c', 32),
        Stamp = new('d', 32),
        ProjectId = new('e', 32),
        Method = "password",
        IssuedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_767_323_045_000),
        ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(1_767_409_445_000),
    };

    private readonly TokenSeal<TokenClaims> _seal = new(new EphemeralDataProtectionProvider(), TokenClaims.Form);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void What_is_sealed_opens()
    {
        var account = s_claims with { ProjectId = null };

        Assert.Equal(s_claims, _seal.Open(_seal.Seal(s_claims)));
        Assert.Equal(account, _seal.Open(_seal.Seal(account)));
        Assert.InRange(_seal.Seal(s_claims).Length, 1, 1024);
    }

    [Fact]
    public void A_changed_character_anywhere_does_not_open()
    {
        var token = _seal.Seal(s_claims);

        for (var i = 0; i < token.Length; i++)
        {
            var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.True(_seal.Open(changed) is null, changed);
        }
    }

    [Theory]
    [InlineData("=")]
    [InlineData("==")]
    [InlineData(" ")]
    [InlineData("\n")]
    public void Padding_and_blanks_do_not_open(string added)
    {
        var token = _seal.Seal(s_claims);

        Assert.Null(_seal.Open(token + added));
        Assert.Null(_seal.Open(token[..^4] + added + token[^4..]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("st1.")]
    [InlineData("st1.!!!")]
    [InlineData("st1.AAAA")]
    [InlineData("st2.AAAA")]
    [InlineData("组织")]
    public void What_is_no_token_does_not_open(string token) => Assert.Null(_seal.Open(token));

    [Fact]
    public void What_is_too_long_does_not_open() => Assert.Null(_seal.Open("st1." + new string('A', TokenForm.MaximumLength)));

    [Fact]
    public void Another_installations_token_does_not_open() =>
        Assert.Null(_seal.Open(new TokenSeal<TokenClaims>(new EphemeralDataProtectionProvider(), TokenClaims.Form).Seal(s_claims)));

    [Fact]
    public async Task A_replica_opens_it()
    {
        using var folder = new TemporaryFolder();
        await using var a = new Installation(folder.Path);
        await a.StartAsync();
        await using var b = new Installation(folder.Path);
        await b.StartAsync();

        Assert.Equal(s_claims, b.Get<TokenSeal<TokenClaims>>().Open(a.Get<TokenSeal<TokenClaims>>().Seal(s_claims)));
    }

    [Fact]
    public async Task A_token_ends_with_its_time()
    {
        using var folder = new TemporaryFolder();
        await using var installation = new Installation(folder.Path);
        var made = (await installation.StartAsync())!;
        var user = await installation.Get<Users.UserStore>().FindAsync(made.UserId, Cancellation);
        var token = installation.Get<TokenDesk>().Seal(installation.Get<TokenDesk>().Begin(user!, made.ProjectId));
        var identities = installation.Get<Identities>();

        installation.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMinutes(1));
        var before = await identities.CheckTokenAsync(token, null, Cancellation);
        installation.Clock.Advance(TimeSpan.FromMinutes(2));
        var after = await identities.CheckTokenAsync(token, null, Cancellation);

        Assert.Equal((IdentityState.Valid, IdentityState.MustBeUpdated), (before.State, after.State));
        Assert.Equal(made.Project, before.Caller!.ProjectName);
        Assert.True(before.Caller.IsAccountRoot);
    }
}
