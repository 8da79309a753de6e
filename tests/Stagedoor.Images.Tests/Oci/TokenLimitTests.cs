using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Repositories;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>What somebody without credentials can make the token endpoint and the registry do.</summary>
public sealed class TokenLimitTests(Installation images) : IClassFixture<Installation>
{
    private const string Endpoint = "/swr/auth/v2/registry/auth/";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IdentityCache Identities => images.App.Services.GetRequiredService<IdentityCache>();

    [Fact]
    [Provokes("SVCSTG.SWR.4000014")]
    public async Task A_token_is_for_at_most_a_hundred_scopes()
    {
        using var most = images.WithBearer(await Installation.TokenAsync(images.Registry, Scopes(100, "team/s-{0}")));
        using var good = await most.GetAsync("/v2/", Cancellation);
        await Installation.ShouldBeAsync(good, 200);

        foreach (var query in (string[])[Scopes(101, "team/s-{0}"), $"&scope={string.Join('+', Enumerable.Repeat("x", 101))}"])
        {
            foreach (var client in (HttpClient[])[images.Registry, images.App.Anonymous])
            {
                using var more = await client.GetAsync($"{Endpoint}?service=dockyard{query}", Cancellation);
                await more.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
            }
        }
    }

    [Fact]
    public async Task No_token_is_issued_that_is_too_long_to_be_read()
    {
        var segment = new string('a', 120);

        using var response = await images.Registry.GetAsync($"{Endpoint}?service=dockyard{Scopes(99, "team/" + segment + "{0}")}", Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Theory]
    [InlineData("multipart/form-data", "x")]
    [InlineData("multipart/form-data; boundary=b", "x")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\npass")]
    [InlineData("multipart/form-data; boundary=", "")]
    [InlineData("application/x-www-form-urlencoded", "")]
    [InlineData("application/x-www-form-urlencoded", "grant_type=%")]
    [InlineData("application/x-www-form-urlencoded", "grant_type=password&username=%00&password=%ED%A0%80")]
    [InlineData("application/x-www-form-urlencoded; charset=nonsense", "grant_type=password")]
    [InlineData("application/json", "{")]
    [InlineData("text/plain", "x")]
    [InlineData("nonsense", "x")]
    [InlineData(null, "x")]
    public async Task A_form_that_cannot_be_read_is_refused(string? type, string body)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var response = await images.App.Anonymous.PostAsync(Endpoint, content, Cancellation);

        Assert.InRange((int)response.StatusCode, 400, 499);
        Assert.Contains("SVCSTG.SWR.", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_with_too_many_members_is_refused()
    {
        using var content = new StringContent(
            string.Join('&', Enumerable.Range(0, 2000).Select(i => $"a{i}=")), new MediaTypeHeaderValue("application/x-www-form-urlencoded"));

        using var response = await images.App.Anonymous.PostAsync(Endpoint, content, Cancellation);

        Assert.Equal(400, (int)response.StatusCode);
    }

    [Fact]
    public async Task Spellings_of_one_credential_take_no_memory()
    {
        var anonymous = await Installation.TokenAsync(images.App.Anonymous, "");
        var own = await Installation.TokenAsync(images.Registry, "");
        Identities.Sweep();
        var before = Identities.Count;
        for (var i = 0; i < 40; i++)
        {
            var scheme = string.Concat("bearer".Select((c, at) => (i >> at & 1) == 1 ? char.ToUpperInvariant(c) : c));
            foreach (var token in (string[])[anonymous, own])
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/");
                request.Headers.TryAddWithoutValidation("Authorization", scheme + new string(' ', 1 + (i * 100)) + token);
                using var response = await images.App.Anonymous.SendAsync(request, Cancellation);
                await Installation.ShouldBeAsync(response, 200);
            }
        }

        Assert.InRange(Identities.Count - before, 0, 1);

        images.App.Clock.Advance(TimeSpan.FromSeconds(11));
        Identities.Sweep();
        Assert.Equal((0, 0), (Identities.Count, Identities.Bytes));
    }

    [Fact]
    public async Task A_token_longer_than_any_is_refused_unread()
    {
        using var client = images.WithBearer(new string('a', RegistryTokens.MaxLength + 1));
        using var response = await client.GetAsync("/v2/", Cancellation);
        await response.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
    }

    [Fact]
    public async Task Names_that_strangers_ask_for_are_forgotten()
    {
        var cache = images.App.Services.GetRequiredService<RegistryCache>();
        using var response = await images.App.Anonymous.GetAsync($"{Endpoint}?service=dockyard{Scopes(100, "team/asked-for-{0}")}", Cancellation);
        await Installation.ShouldBeAsync(response, 200);
        Assert.InRange(cache.Bytes, 0, 3 * RegistryCache.MaxBytes);

        images.App.Clock.Advance(TimeSpan.FromSeconds(2));
        cache.Sweep();

        Assert.Equal(0, cache.Bytes);
    }

    private static string Scopes(int count, string name) => string.Concat(
        Enumerable.Range(0, count).Select(i => $"&scope=repository:{string.Format(CultureInfo.InvariantCulture, name, i)}:pull"));
}
