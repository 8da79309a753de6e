using System.Text;
using System.Text.Json;
using Xunit;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>Archives that are whole, and whose images cannot be stored as they are named.</summary>
public sealed class ArchivedNameTests(UploadInstallation images) : IClassFixture<UploadInstallation>
{
    [Fact]
    public async Task A_name_of_two_images_is_refused()
    {
        var before = images.Everything();
        byte[][] layers = [SavedImage.Layer(), SavedImage.Layer()];
        var configs = layers.Select(static l => SavedImage.ConfigOf([l])).ToList();
        var two = new SavedImage
        {
            List = JsonSerializer.Serialize(new[] { 0, 1 }.Select(static i => new { Config = $"{i}.json", RepoTags = new[] { "team/twice:v1" }, Layers = new[] { $"l{i}.tar" } })),
        };
        for (var i = 0; i < 2; i++)
        {
            two.With($"{i}.json", Encoding.UTF8.GetBytes(configs[i])).With($"l{i}.tar", layers[i]);
        }

        await UploadInstallation.ShouldRefuseAsync(images.UploadAsync(two.ToArray()), 400, "4000029", "twice:v1 is the name of two images");
        Assert.Equal(before, images.Everything());
    }
}
