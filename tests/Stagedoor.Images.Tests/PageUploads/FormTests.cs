using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>What is sent as a form and is none, or none with files; and who may send one.</summary>
public sealed class FormTests(UploadInstallation images) : IClassFixture<UploadInstallation>
{
    private const string Head = "--b\nContent-Disposition: form-data; name=\"file\"; filename=\"a.tar\"\n";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("application/json")]
    [InlineData("multipart/mixed; boundary=b")]
    [InlineData("text/plain")]
    [Provokes("SVCSTG.SWR.4001000")]
    public async Task What_is_no_form_is_refused_before_anything_else(string type) =>
        await RefuseAsync(() => images.SendAsync("{}", type, organization: "UPPER"), 400, "4001000");

    [Fact]
    public async Task Nothing_at_all_is_no_form()
    {
        using var response = await images.App.Admin.PostAsync("/v2/manage/namespaces/team/images", null, Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4001000");
    }

    [Theory]
    [InlineData("multipart/form-data", "--b--\n")]
    [InlineData("multipart/form-data; boundary=c", Head + "\nx\n--b--\n")]
    [InlineData("multipart/form-data; boundary=b", Head + "\nx")]
    [InlineData("multipart/form-data; boundary=b", Head + "\nx\n--b\n")]
    [InlineData("multipart/form-data; boundary=b", "")]
    [InlineData("multipart/form-data; boundary=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "")]
    [Provokes("SVCSTG.SWR.4001005")]
    public async Task A_form_must_come_to_its_end(string type, string body) => await RefuseAsync(() => images.SendAsync(body, type), 400, "4001005");

    [Theory]
    [InlineData("--b--\n")]
    [InlineData("--b\nContent-Disposition: form-data; name=\"repository\"\n\nx\n--b--\n")]
    [InlineData("--b\nContent-Disposition: form-data; name=\"File\"; filename=\"a.tar\"\n\nx\n--b--\n")]
    [Provokes("SVCSTG.SWR.4001015")]
    public async Task A_form_must_have_a_file(string body) => await RefuseAsync(() => images.SendAsync(body), 400, "4001015");

    [Theory]
    [InlineData("; filename=\"\"")]
    [InlineData("")]
    [Provokes("SVCSTG.SWR.4001003")]
    public async Task A_file_must_have_a_name(string name) =>
        await RefuseAsync(() => images.SendAsync($"--b\nContent-Disposition: form-data; name=\"file\"{name}\n\nx\n--b--\n"), 400, "4001003");

    [Theory]
    [InlineData(Head + "Content-Transfer-Encoding: x-foo\n\nx\n--b--\n")]
    [InlineData(Head + "Content-Transfer-Encoding: base64\n\nx\n--b--\n")]
    [InlineData(Head + "Content-Type: multipart/mixed; boundary=c\n\nx\n--b--\n")]
    [InlineData("--b\nno header\n\nx\n--b--\n")]
    [InlineData("--b\nContent-Type: text/plain\n\nx\n--b--\n")]
    [InlineData("--b\nContent-Disposition: attachment; name=\"file\"\n\nx\n--b--\n")]
    [Provokes("SVCSTG.SWR.4001019")]
    public async Task A_file_must_come_as_it_is(string body) => await RefuseAsync(() => images.SendAsync(body), 400, "4001019");

    [Theory]
    [InlineData("7bit")]
    [InlineData("8BIT")]
    [InlineData("binary")]
    public async Task An_encoding_that_changes_nothing_may_be_named(string encoding)
    {
        // The file is looked at, and found to be nothing.
        await RefuseAsync(() => images.SendAsync(Head + $"Content-Transfer-Encoding: {encoding}\n\nx\n--b--\n"), 400, "4000069");
    }

    [Fact]
    public async Task Ten_files_are_taken_and_not_eleven()
    {
        var file = Head + "\nx\n";
        await RefuseAsync(() => images.SendAsync(string.Concat(Enumerable.Repeat(file, 10)) + "--b--\n"), 400, "4000069");
        await RefuseAsync(() => images.SendAsync(string.Concat(Enumerable.Repeat(file, 11)) + "--b--\n"), 400, "4000014");
    }

    [Theory]
    [InlineData("a.zip")]
    [InlineData("tar")]
    [InlineData("a.tar.zst")]
    [Provokes("SVCSTG.SWR.4001022")]
    public async Task A_file_must_be_named_like_an_archive(string file) => await RefuseAsync(() => images.UploadAsync([1], file), 400, "4001022");

    [Theory]
    [InlineData("../a.tar")]
    [InlineData("a b.tar")]
    [InlineData("a..b.tar")]
    [InlineData(".tar")]
    [Provokes("SVCSTG.SWR.4000015")]
    public async Task A_file_must_have_a_name_that_is_no_path(string file) => await RefuseAsync(() => images.UploadAsync([1], file), 400, "4000015");

    [Fact]
    public async Task A_name_of_255_characters_is_taken_and_not_one_of_256()
    {
        await RefuseAsync(() => images.UploadAsync([1], new string('a', 251) + ".tar"), 400, "4000069");
        await RefuseAsync(() => images.UploadAsync([1], new string('a', 252) + ".tar"), 400, "4000015");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4130025")]
    public async Task A_file_of_the_largest_size_is_taken_and_not_one_byte_more()
    {
        await RefuseAsync(() => images.UploadAsync(new byte[UploadInstallation.MaxFileBytes]), 400, "4000069");
        await RefuseAsync(() => images.UploadAsync(new byte[UploadInstallation.MaxFileBytes + 1]), 413, "4130025");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4130025")]
    public async Task A_layer_is_no_larger_than_one_that_is_pushed()
    {
        var large = new SavedImage("team/large:v1") { Layers = [SavedImage.Layer(), SavedImage.Layer(UploadInstallation.MaxBlobBytes)] };
        await RefuseAsync(() => images.UploadAsync(large.ToArray()), 413, "4130025");
        var other = new SavedImage("team/large:v1") { Layers = [SavedImage.Layer(), SavedImage.Layer(UploadInstallation.MaxBlobBytes - 10_000)] };
        using var stored = await images.UploadAsync(other.ToArray());
        await Installation.ShouldBeAsync(stored, 201);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4131001")]
    public async Task A_form_is_no_larger_than_ten_files_and_what_is_around_them()
    {
        // A body that is signed has to be held back until its end, and is no longer than others of the gateway.
        using var client = images.App.WithToken(await images.App.NewTokenAsync());
        var other = "--b\nContent-Disposition: form-data; name=\"other\"\n\n";
        var largest = (10 * UploadInstallation.MaxFileBytes) + (1024 * 1024);
        var around = (other + "\n--b--\n").ReplaceLineEndings("\r\n").Length;
        await RefuseAsync(() => images.SendAsync(other + new string('x', largest - around) + "\n--b--\n", client: client), 400, "4001015");
        await RefuseAsync(() => images.SendAsync(other + new string('x', largest - around + 1) + "\n--b--\n", client: client), 413, "4131001");
    }

    [Fact]
    public async Task A_field_of_text_is_no_longer_than_a_name() => await RefuseAsync(() => images.UploadAsync([1], repository: new string('x', 1025)), 400, "4000014");

    [Fact]
    [Provokes("SVCSTG.SWR.4001028")]
    [Provokes("SVCSTG.SWR.4040058")]
    public async Task The_organization_must_be_there()
    {
        await RefuseAsync(() => images.UploadAsync([1], organization: "UPPER"), 400, "4001028");
        await RefuseAsync(() => images.UploadAsync([1], organization: "nowhere"), 404, "4040058");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4011064")]
    public async Task Another_account_uploads_nothing()
    {
        var (signed, registry) = await images.AddAccountAsync("uploading-elsewhere");
        using var _ = registry;
        using (signed)
        {
            await RefuseAsync(() => images.UploadAsync([1], client: signed), 401, "4011064");
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4037017")]
    [Provokes("SVCSTG.SWR.4037020")]
    [Provokes("SVCSTG.SWR.4011044")]
    public async Task Who_may_edit_the_organization_uploads_to_it()
    {
        var archive = new SavedImage("team/theirs:v1").ToArray();
        var user = await images.AddUserAsync("uploader");
        using var client = user.Signed;

        // Nowhere at all: the file is not even looked at.
        await RefuseAsync(() => images.UploadAsync([1], client: client), 403, "4037017");

        await images.CreateOrganizationAsync("elsewhere");
        images.GrantOnOrganization("elsewhere", user.Id, 3);
        await RefuseAsync(() => images.UploadAsync([1], client: client), 400, "4000069");
        await RefuseAsync(() => images.UploadAsync(archive, client: client), 403, "4037020");

        await UploadInstallation.StoredAsync(await images.UploadAsync(archive));
        await RefuseAsync(() => images.UploadAsync(archive, client: client), 401, "4011044");

        // What was granted on the repository does not count.
        images.GrantOnRepository("theirs", user.Id, 7);
        await RefuseAsync(() => images.UploadAsync(archive, client: client), 401, "4011044");

        images.GrantOnOrganization("team", user.Id, 3);
        await UploadInstallation.StoredAsync(await images.UploadAsync(archive, client: client));
    }

    [Fact]
    public async Task A_client_that_goes_away_in_the_middle_leaves_nothing()
    {
        var before = images.Everything();
        var token = await images.App.NewTokenAsync();
        var arrived = images.Requests.Arrived;
        var uri = new Uri(images.App.Url);
        using (var tcp = new System.Net.Sockets.TcpClient())
        {
            await tcp.ConnectAsync(uri.Host, uri.Port, Cancellation);
            var head = $"POST /v2/manage/namespaces/team/images HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n";
            await tcp.GetStream().WriteAsync(Encoding.Latin1.GetBytes(head + Head.ReplaceLineEndings("\r\n") + "\r\n" + new string('x', 100_000)), Cancellation);
            await Eventually.TrueAsync("the request has come", s_patience, () => images.Requests.Arrived > arrived);
        }

        await Eventually.TrueAsync("the request is over", s_patience, () => images.Requests.Running == 0);
        Assert.Equal(before, images.Everything());
    }

    private async Task RefuseAsync(Func<Task<HttpResponseMessage>> doing, int status, string code)
    {
        var before = images.Everything();
        await UploadInstallation.ShouldRefuseAsync(doing(), status, code);
        Assert.Equal(before, images.Everything());
    }
}
