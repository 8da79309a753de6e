using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

public sealed class QuotaTests(LimitedInstallation images) : IClassFixture<LimitedInstallation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.4000097")]
    [Provokes("SVCSTG.SWR.5007019")]
    [Provokes("SVCSTG.SWR.4000099")]
    public async Task A_push_creates_what_it_needs_as_far_as_it_may()
    {
        var (_, bytes) = await images.PushImageAsync("second/first", "one");
        using var organization = await images.Registry.PostAsync("/v2/third/x/blobs/uploads/", null, Cancellation);
        await organization.ShouldFailAsync(403, "SVCSTG.SWR.4000097");

        await images.PushBlobAsync("team/second", [1]);
        using var repository = await images.Registry.PostAsync("/v2/team/third/blobs/uploads/", null, Cancellation);
        await repository.ShouldFailAsync(403, "SVCSTG.SWR.5007019");

        using var second = await images.PutManifestAsync("second/first", "two", bytes);
        await Installation.ShouldBeAsync(second, 201);
        using var third = await images.PutManifestAsync("second/first", "three", bytes);
        await third.ShouldFailAsync(403, "SVCSTG.SWR.4000099");
        using var moved = await images.PutManifestAsync("second/first", "two", bytes);
        await Installation.ShouldBeAsync(moved, 201);
    }
}

/// <summary>Organizations come by themselves; there may be two of them, with two repositories in all, of two tags each.</summary>
public sealed class LimitedInstallation : Installation
{
    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        ("Images:AutoCreateOrganization", "true"),
        ("Images:MaxOrganizationsPerAccount", "2"),
        ("Images:MaxRepositoriesPerAccount", "2"),
        ("Images:MaxTagsPerRepository", "2"),
    ];
}
