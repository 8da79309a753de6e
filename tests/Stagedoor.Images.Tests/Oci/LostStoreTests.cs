using System.Text.RegularExpressions;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>The blob folder of a running server is unmounted, emptied or another's: nothing is acknowledged until it is back.</summary>
public sealed class LostStoreTests : Installation
{
    private string Store => Path.Combine(App.DataDirectory, "blobs");

    private string Away => Store + ".away";

    [Theory]
    [InlineData("gone")]
    [InlineData("emptied")]
    [InlineData("another")]
    public async Task Nothing_is_acknowledged_until_the_store_is_back(string loss)
    {
        var (before, begun, after) = (Random(100), Random(100), Random(100));
        var digest = await PushBlobAsync("team/x", before);
        var location = await BeginUploadAsync("team/x");
        using (var patched = await PatchAsync(location, begun[..50]))
        {
            await ShouldBeAsync(patched, 202);
        }

        Lose(loss);
        var left = Files();
        await ShouldBeUnreadyAsync();
        await ShouldBeRefusedAsync(await Registry.PostAsync($"/v2/team/x/blobs/uploads/?digest={DigestOf(after)}", Octets(after), Cancellation));
        await ShouldBeRefusedAsync(await Registry.PostAsync("/v2/team/x/blobs/uploads/", null, Cancellation));
        await ShouldBeRefusedAsync(await PatchAsync(location, begun[50..], "50-99"));
        await ShouldBeRefusedAsync(await FinishAsync(location, DigestOf(begun), begun[50..]));
        await ShouldBeRefusedAsync(await Registry.GetAsync($"/v2/team/x/blobs/{digest}", Cancellation));
        Assert.Equal(left, Files());

        Return();
        using (var ready = await App.Anonymous.GetAsync("/readyz", Cancellation))
        {
            await ShouldBeAsync(ready, 200);
        }

        using (var finished = await FinishAsync(location, DigestOf(begun), begun[50..]))
        {
            await ShouldBeAsync(finished, 201);
        }

        await PushBlobAsync("team/x", after);
        foreach (var content in (byte[][])[before, begun, after])
        {
            Assert.Equal(content, await Registry.GetByteArrayAsync($"/v2/team/x/blobs/{DigestOf(content)}", Cancellation));
        }
    }

    private static async Task ShouldBeRefusedAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(Cancellation);
            Assert.InRange((int)response.StatusCode, 500, 599);
            Assert.Matches(new Regex("SVCSTG\\.SWR\\.5[0-9]{6}", RegexOptions.None, TimeSpan.FromSeconds(5)), text);
        }
    }

    private async Task ShouldBeUnreadyAsync()
    {
        using var response = await App.Anonymous.GetAsync("/readyz", Cancellation);
        await ShouldBeAsync(response, 503);
        Assert.Contains("mark", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private void Lose(string loss)
    {
        Directory.Move(Store, Away);
        if (loss is not "gone")
        {
            Directory.CreateDirectory(Store);
        }

        if (loss is "another")
        {
            File.WriteAllText(Path.Combine(Store, "installation.json"), """{"id":"another","epoch":1}""");
        }
    }

    private void Return()
    {
        if (Directory.Exists(Store))
        {
            Directory.Delete(Store, recursive: true);
        }

        Directory.Move(Away, Store);
    }

    private string[] Files() => Directory.Exists(Store) ? [.. Directory.EnumerateFileSystemEntries(Store, "*", SearchOption.AllDirectories)] : [];
}
