using Stagedoor.Images.Tests.UploadSessions;
using Xunit;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>Archives whose image has no name: the request says what it is called.</summary>
public sealed class UnnamedImageTests(UploadInstallation images) : IClassFixture<UploadInstallation>
{
    [Theory]
    [InlineData("saved", null)]
    [InlineData("saved", "v7")]
    [InlineData("layout", null)]
    [InlineData("layout", "v7")]
    [InlineData("both", null)]
    [InlineData("both", "v7")]
    public async Task An_image_without_a_name_is_called_as_the_form_says(string kind, string? tag)
    {
        var name = $"unnamed-{kind}{tag}";
        using var response = tag is null
            ? await images.UploadWithAsync(Unnamed(kind), ("repository", name))
            : await images.UploadWithAsync(Unnamed(kind), ("tag", tag), ("repository", name));

        var shown = (await UploadInstallation.StoredAsync(response))[0].GetProperty("images")[0];
        Assert.Equal((name, tag ?? "latest"), (shown.GetProperty("repository").GetString(), shown.GetProperty("tag").GetString()));
        Assert.Equal(shown.GetProperty("digest").GetString(), (await images.PullAsync($"team/{name}", tag ?? "latest")).Digest);
    }

    [Fact]
    public async Task An_image_with_a_name_keeps_it()
    {
        using var response = await images.UploadWithAsync(new SavedImage("team/named:v1").ToArray(), ("repository", "other"), ("tag", "v2"));

        var shown = (await UploadInstallation.StoredAsync(response))[0].GetProperty("images")[0];
        Assert.Equal(("named", "v1"), (shown.GetProperty("repository").GetString(), shown.GetProperty("tag").GetString()));
    }

    [Theory]
    [InlineData("saved")]
    [InlineData("layout")]
    [InlineData("both")]
    public async Task Without_a_name_from_anywhere_nothing_is_stored(string kind)
    {
        await UploadInstallation.ShouldRefuseAsync(images.UploadWithAsync(Unnamed(kind)), 400, "4000064", "the form's field repository");
        await UploadInstallation.ShouldRefuseAsync(images.UploadWithAsync(Unnamed(kind), ("repository", "")), 400, "4000064");
    }

    [Fact]
    public async Task Two_images_without_a_name_cannot_have_the_same()
    {
        var archive = new LayoutArchive();
        archive.Mention(archive.AddImage(SavedImage.Layer())).Mention(archive.AddImage(SavedImage.Layer()));

        await UploadInstallation.ShouldRefuseAsync(images.UploadWithAsync(archive.ToArray(), ("repository", "two")), 400, "4000029", "two:latest");
    }

    [Theory]
    [InlineData("repository", "4000014", "more than one field repository")]
    [InlineData("tag", "4000014", "more than one field tag")]
    public async Task A_field_comes_once(string field, string code, string detail) => await UploadInstallation.ShouldRefuseAsync(
        images.UploadWithAsync(Unnamed("saved"), ("repository", "once"), ("tag", "v1"), (field, "once")), 400, code, detail);

    [Fact]
    public async Task What_the_form_says_must_be_a_name()
    {
        await UploadInstallation.ShouldRefuseAsync(images.UploadWithAsync(Unnamed("saved"), ("tag", "v1")), 400, "4000014", "no field repository");
        await UploadInstallation.ShouldRefuseAsync(images.UploadWithAsync(Unnamed("saved"), ("repository", "UPPER")), 400, "4001029");
        await UploadInstallation.ShouldRefuseAsync(images.UploadWithAsync(Unnamed("layout"), ("repository", "tagged"), ("tag", "-v1")), 400, "4000016");
    }

    [Fact]
    public async Task An_empty_list_of_older_engines_says_nothing()
    {
        using var named = await images.UploadAsync(new SavedImage("team/emptily-listed:v1") { Repositories = "{}" }.ToArray());
        await UploadInstallation.StoredAsync(named);
        using var unnamed = await images.UploadWithAsync(new SavedImage { Repositories = "{}" }.ToArray(), ("repository", "emptily-listed"));
        await UploadInstallation.StoredAsync(unnamed);
    }

    [Fact]
    public async Task A_session_says_the_repository_when_it_begins()
    {
        var client = new SessionClient(images.App.Admin);
        var id = await client.BeginAsync(new { type = "image", @namespace = "team", file_name = "image.tar", repository = "in-pieces" });
        await client.AppendedAsync(id, Unnamed("saved"), 0);

        var shown = (await client.FinishedAsync(id)).GetProperty("images")[0];

        Assert.Equal(("in-pieces", "latest"), (shown.GetProperty("repository").GetString(), shown.GetProperty("tag").GetString()));
        await client.DropAsync(id);
    }

    private static byte[] Unnamed(string kind)
    {
        if (kind is "saved")
        {
            return new SavedImage { Tags = null }.ToArray();
        }

        var archive = new LayoutArchive();
        var layer = SavedImage.Layer();
        archive.Mention(archive.AddImage(out var config, layer));
        return (kind is "both" ? archive.MentionSaved(config, [layer]) : archive).ToArray();
    }
}
