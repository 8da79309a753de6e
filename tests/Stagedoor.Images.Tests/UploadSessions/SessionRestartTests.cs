using Stagedoor.Images.Tests.PageUploads;
using Xunit;

namespace Stagedoor.Images.Tests.UploadSessions;

public sealed class SessionRestartTests : UploadInstallation
{
    [Fact]
    public async Task A_session_goes_on_after_a_restart()
    {
        var archive = new SavedImage("team/restarted:v1").ToArray();
        var id = await new SessionClient(App.Admin).BeginImageAsync();
        await new SessionClient(App.Admin).AppendedAsync(id, archive[..777], 0);

        await App.RestartAsync();

        var client = new SessionClient(App.Admin);
        Assert.Equal(777, (await client.ShowAsync(id)).GetProperty("offset").GetInt64());
        await client.AppendedAsync(id, archive[777..], 777);
        await client.FinishedAsync(id);
        await client.DropAsync(id);
    }
}
