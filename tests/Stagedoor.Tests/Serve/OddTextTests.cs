using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>Texts that no database can hold, in places that are recorded and not refused.</summary>
public sealed class OddTextTests
{
    // The limit of a recorded text is 512 units: each of these puts the pair across another place around it.
    private static readonly int[] s_lengths = [509, 510, 511, 512, 513];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_user_agent_that_is_cut_in_the_middle_of_a_character_is_recorded()
    {
        await using var app = await StagedoorApp.StartAsync();

        await RecordAsync(app);
    }

    [Fact]
    public async Task A_user_agent_that_is_cut_in_the_middle_of_a_character_is_recorded_in_PostgreSQL()
    {
        await using var database = await OwnDatabase.CreateAsync();
        await using var app = await StagedoorApp.StartAsync(("Storage:Database", "postgresql"), ("Storage:PostgreSql", database.ConnectionString));

        await RecordAsync(app);
    }

    private static async Task RecordAsync(StagedoorApp app)
    {
        foreach (var length in s_lengths)
        {
            // The server reads headers as UTF-8, and the raw request is written as Latin-1.
            var agent = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(new string('a', length) + "\U0001F600"));
            var response = await app.SendRawAsync($"GET /v3/users HTTP/1.1\nHost: {new Uri(app.Url).Authority}\nX-Auth-Token: nonsense\nUser-Agent: {agent}\nConnection: close\n\n");
            Assert.Equal(401, response.Status);
        }

        // A change waits for its record, and so for those before it.
        using var project = await app.Admin.PostAsync(
            "/v3/projects",
            JsonContent.Create(new { project = new { name = app.FirstRun.Project + "_odd", parent_id = app.FirstRun.ProjectId } }),
            Cancellation);
        Assert.Equal(HttpStatusCode.Created, project.StatusCode);
        Assert.Equal("createProject", Assert.Single(await NamesAsync(app, "trace_name=createProject")));
    }

    private static async Task<List<string>> NamesAsync(StagedoorApp app, string query)
    {
        using var document = JsonDocument.Parse(await app.Admin.GetStringAsync($"/v3/audit/records?{query}", Cancellation));
        return [.. document.RootElement.GetProperty("traces").EnumerateArray().Select(static t => t.GetProperty("trace_name").GetString()!)];
    }
}
