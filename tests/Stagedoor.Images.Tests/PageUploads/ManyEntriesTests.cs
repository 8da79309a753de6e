using Xunit;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>An installation with the largest file as it is without a setting.</summary>
public sealed class ManyEntriesTests(Installation images) : IClassFixture<Installation>
{
    [Theory]
    [InlineData(65_535, "4000067")]
    [InlineData(65_536, "4000069")]
    public async Task An_archive_has_65535_entries_and_not_one_more(int entries, string code)
    {
        var tar = new Tarball();
        for (var i = 0; i < entries; i++)
        {
            tar.Add("d/", [], '5');
        }

        using var form = new MultipartFormDataContent { { new ByteArrayContent(Tarball.Gzip(tar.ToArray())), "file", "image.tar.gz" } };
        using var response = await images.App.Admin.PostAsync("/v2/manage/namespaces/team/images", form, TestContext.Current.CancellationToken);

        await Stagedoor.Testing.ErrorAssertions.ShouldFailAsync(response, 400, "SVCSTG.SWR." + code);
    }
}
