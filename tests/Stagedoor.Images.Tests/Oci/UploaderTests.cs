using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>An upload belongs to the account that began it, also where the organization that it is for belongs to nobody yet.</summary>
public sealed class UploaderTests(OpenInstallation images) : IClassFixture<OpenInstallation>
{
    private static readonly byte[] s_content = [.. "hello"u8];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Another_account_is_answered_as_if_there_were_none(string method)
    {
        var name = $"unowned-{method.ToLowerInvariant()}/x";
        var (signed, other) = await images.AddAccountAsync($"up-{method.ToLowerInvariant()}");
        using var closing = signed;
        using var begun = await other.PostAsync($"/v2/{name}/blobs/uploads/", null, Cancellation);
        await Installation.ShouldBeAsync(begun, 202);
        var location = begun.Headers.Location!.OriginalString;

        using var foreign = await SendAsync(images.Registry, method, location);
        using var unknown = await SendAsync(images.Registry, method, $"/v2/{name}/blobs/uploads/00000000-0000-4000-8000-000000000000");

        await Installation.ShouldBeAsync(foreign, 404);
        Assert.Equal(await SaidAsync(unknown), await SaidAsync(foreign));
        await ShouldFinishAsync(other, location);
        other.Dispose();
    }

    [Fact]
    public async Task Once_the_organization_is_the_other_ones_it_is_refused()
    {
        var (signed, other) = await images.AddAccountAsync("up-late");
        using var closing = signed;
        using var begun = await other.PostAsync("/v2/taken-first/x/blobs/uploads/", null, Cancellation);
        await Installation.ShouldBeAsync(begun, 202);
        await images.PushBlobAsync("taken-first/x", s_content);

        using var late = await SendAsync(other, "PUT", begun.Headers.Location!.OriginalString);
        using var foreign = await SendAsync(images.Registry, "PATCH", begun.Headers.Location!.OriginalString);

        await late.ShouldFailAsync(403, "SVCSTG.SWR.4011064");
        await Installation.ShouldBeAsync(foreign, 404);
        other.Dispose();
    }

    [Fact]
    public async Task What_began_before_accounts_were_noted_is_its_users()
    {
        var (signed, other) = await images.AddAccountAsync("up-before");
        using var closing = signed;
        using var begun = await other.PostAsync("/v2/older/x/blobs/uploads/", null, Cancellation);
        await Installation.ShouldBeAsync(begun, 202);
        var location = begun.Headers.Location!.OriginalString;
        images.App.Sabotage("images").Execute($"UPDATE blob_uploads SET account_id = '' WHERE id = '{location[(location.LastIndexOf('/') + 1)..]}'");

        using var foreign = await SendAsync(images.Registry, "PATCH", location);

        await Installation.ShouldBeAsync(foreign, 404);
        await ShouldFinishAsync(other, location);
        other.Dispose();
    }

    [Fact]
    public async Task Another_user_of_the_account_goes_on_with_it()
    {
        await images.CreateOrganizationAsync("shared-upload");
        var user = await images.AddUserAsync("up-colleague");
        user.Signed.Dispose();
        images.GrantOnOrganization("shared-upload", user.Id, 3);
        images.Forget();
        using var colleague = images.App.Registry(user.User, user.Key);

        var location = await images.BeginUploadAsync("shared-upload/x");

        await ShouldFinishAsync(colleague, location);
    }

    // What the answer says, but for the names of the upload and of the request.
    private static async Task<string> SaidAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        return text.Split(", request ")[0].Replace(response.RequestMessage!.RequestUri!.Segments[^1], "ID", StringComparison.Ordinal);
    }

    private static async Task ShouldFinishAsync(HttpClient client, string location)
    {
        using var finished = await SendAsync(client, "PUT", location);
        await Installation.ShouldBeAsync(finished, 201);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string location)
    {
        var hasBody = method is "PATCH" or "PUT";
        using var request = new HttpRequestMessage(
            new HttpMethod(method), method is "PUT" ? $"{location}?digest={Installation.DigestOf(s_content)}" : location)
        {
            Content = hasBody ? Installation.Octets(s_content) : null,
        };
        return await client.SendAsync(request, Cancellation);
    }
}
