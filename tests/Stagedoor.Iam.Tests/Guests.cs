using System.Net.Http.Json;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>Makes users that may look at things in a project of their own.</summary>
internal static class Guests
{
    private static int s_last;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Guest> AddAsync(Directory directory)
    {
        var name = $"guest{Interlocked.Increment(ref s_last)}";
        var id = await directory.AddUserAsync(name);
        var (accessKey, secretKey) = await directory.AddKeyAsync(id);
        var run = directory.App.FirstRun;
        var project = $"{run.Project}_{name}";
        using var made = await directory.Admin.PostAsJsonAsync("/v3/projects", new { project = new { name = project, parent_id = run.ProjectId } }, Cancellation);
        var projectId = (await Directory.ReadAsync(made, 201)).GetProperty("project").GetProperty("id").GetString()!;
        using var granted = await directory.Admin.PutAsync(
            $"/v3/projects/{projectId}/users/{id}/roles/{await directory.RoleIdAsync(RoleNames.TenantGuest)}", null, Cancellation);
        Assert.Equal(204, (int)granted.StatusCode);
        return new(id, name, accessKey, secretKey, projectId, project);
    }
}
