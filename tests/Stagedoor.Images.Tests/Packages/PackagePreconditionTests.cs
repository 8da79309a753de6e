using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>What the sender of a file says must hold of the one that it replaces; on each engine.</summary>
public sealed class PackagePreconditionTests(Engines<PackageInstallation> engines) : IClassFixture<Engines<PackageInstallation>>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.SWR.4000014", Status = 412)]
    public Task A_file_is_replaced_only_if_it_is_the_one_that_is_meant() => engines.EachAsync(async images =>
    {
        var version = await images.CreateAsync("condition");
        var (one, two) = (Installation.Random(100), Installation.Random(200));
        string Tag(byte[] content) => $"\"{Installation.DigestOf(content)[7..]}\"";
        await RefuseAsync(images, HttpMethod.Put, version, one, "If-Match", "*");
        await SendAsync(images, HttpMethod.Put, version, one, "If-None-Match", "*", 201);
        await RefuseAsync(images, HttpMethod.Put, version, two, "If-None-Match", "*");
        await RefuseAsync(images, HttpMethod.Put, version, two, "If-None-Match", Tag(one));
        await RefuseAsync(images, HttpMethod.Put, version, two, "If-Match", Tag(two));
        await RefuseAsync(images, HttpMethod.Put, version, two, "If-Match", "W/" + Tag(one));
        await RefuseAsync(images, HttpMethod.Delete, version, null, "If-Match", Tag(two));
        Assert.Equal(one, await images.App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation));

        await SendAsync(images, HttpMethod.Put, version, two, "If-Match", $"{Tag(two)}, {Tag(one)}", 201);
        await SendAsync(images, HttpMethod.Put, version, one, "If-Match", "*", 201);
        await SendAsync(images, HttpMethod.Delete, version, null, "If-Match", Tag(one), 204);
        await SendAsync(images, HttpMethod.Put, version, one, "If-None-Match", Tag(one), 201);
    });

    [Fact]
    public Task Of_many_that_make_the_same_file_at_once_one_does() => engines.EachAsync(async images =>
    {
        var version = await images.CreateAsync("first");
        var contents = Enumerable.Range(0, 12).Select(static i => Installation.Random(1000 + i)).ToList();

        var answers = await Task.WhenAll(contents.Select(async c =>
        {
            using var response = await TrySendAsync(images, HttpMethod.Put, version, c, "If-None-Match", "*");
            return (int)response.StatusCode;
        }));

        Assert.Equal((1, 11), (answers.Count(static s => s == 201), answers.Count(static s => s == 412)));
        Assert.Equal(contents[Array.IndexOf(answers, 201)], await images.App.Admin.GetByteArrayAsync($"{version}/file_paths/a.jar", Cancellation));
    });

    private static async Task<HttpResponseMessage> TrySendAsync(
        PackageInstallation images, HttpMethod method, string version, byte[]? content, string header, string value)
    {
        using var request = new HttpRequestMessage(method, $"{version}/file_paths/a.jar") { Content = content is null ? null : Installation.Octets(content) };
        Assert.True(request.Headers.TryAddWithoutValidation(header, value));
        return await images.App.Admin.SendAsync(request, Cancellation);
    }

    private static async Task SendAsync(PackageInstallation images, HttpMethod method, string version, byte[]? content, string header, string value, int status)
    {
        using var response = await TrySendAsync(images, method, version, content, header, value);
        await Installation.ShouldBeAsync(response, status);
    }

    private static async Task RefuseAsync(PackageInstallation images, HttpMethod method, string version, byte[]? content, string header, string value)
    {
        using var response = await TrySendAsync(images, method, version, content, header, value);
        await response.ShouldFailAsync(412, "SVCSTG.SWR.4000014");
    }
}
