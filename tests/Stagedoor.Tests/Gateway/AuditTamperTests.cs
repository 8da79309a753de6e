using System.Net;
using Stagedoor.Gateway;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Gateway;

/// <summary>Whatever is done to the audit log behind the server's back is found, also by who can write to the whole database.</summary>
public sealed class AuditTamperTests : IAsyncLifetime
{
    private const string Own = "chain = (SELECT chain FROM audit_record GROUP BY chain ORDER BY COUNT(*) DESC LIMIT 1)";

    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _app = await StagedoorApp.StartAsync();
        for (var i = 0; i < 6; i++)
        {
            using var change = await _app.Admin.DeleteAsync($"/v3/users/{i:x32}", Cancellation);
        }

        await _app.RestartAsync();
        using var later = await _app.Admin.DeleteAsync("/v3/users/ffffffffffffffffffffffffffffffff", Cancellation);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task As_it_was_written_it_is_intact()
    {
        var check = await GatewayModule.VerifyAuditAsync(_app.Services, Cancellation);

        Assert.Empty(check.Problems);
        Assert.Equal((2, 0L), (check.Chains, check.Unkeyed));
        Assert.True(check.Records >= 7);
    }

    [Theory]
    [InlineData("changed", $"UPDATE audit_record SET user_name = 'somebody' WHERE sequence = 3 AND {Own}", "was changed")]
    [InlineData("changed and hashed anew without the key", $"UPDATE audit_record SET code = 1, hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' WHERE sequence = 3 AND {Own}", "was changed")]
    [InlineData("taken out of the middle", $"DELETE FROM audit_record WHERE sequence = 3 AND {Own}", "records before number 4")]
    [InlineData("taken from the beginning", $"DELETE FROM audit_record WHERE sequence <= 2 AND {Own}", "records before number 3")]
    [InlineData("cut off the end", $"DELETE FROM audit_record WHERE sequence >= 5 AND {Own}", "The last ")]
    [InlineData("cut off the end, which was moved", $"DELETE FROM audit_record WHERE sequence >= 5 AND {Own}; UPDATE audit_chain SET last_sequence = 4, last_hash = (SELECT hash FROM audit_record WHERE sequence = 4 AND {Own}) WHERE {Own}", "The ends of chain")]
    [InlineData("exchanged", $"UPDATE audit_record SET sequence = -1 WHERE sequence = 3 AND {Own}; UPDATE audit_record SET sequence = 3 WHERE sequence = 4 AND {Own}; UPDATE audit_record SET sequence = 4 WHERE sequence = -1 AND {Own}", "was changed")]
    [InlineData("put in", "INSERT INTO audit_record SELECT 'new', 'nobodys-chain', 1, occurred_at, recorded_at, trace_name, trace_type, trace_rating, service_type, resource_type, resource_name, resource_id, user_id, user_name, domain_id, domain_name, project_id, source_ip, user_agent, request, response, code, request_id, previous_hash, hash FROM audit_record LIMIT 1", "no process wrote")]
    [InlineData("a whole chain taken out", $"DELETE FROM audit_chain WHERE {Own}; DELETE FROM audit_record WHERE {Own}", "is gone")]
    public async Task What_is_done_to_it_is_found(string what, string sql, string problem)
    {
        Execute(sql);

        var check = await GatewayModule.VerifyAuditAsync(_app.Services, Cancellation);

        Assert.Contains(check.Problems, p => p.Contains(problem, StringComparison.Ordinal));
        Assert.NotEmpty(what);
    }

    [Fact]
    public async Task A_key_that_was_exchanged_holds_up_nobody()
    {
        await _app.RestartAsync(() => Execute("UPDATE audit_key SET sealed = 'another'"));

        for (var i = 0; i < 2; i++)
        {
            using var change = await _app.Admin.DeleteAsync($"/v3/users/{i:x32}", Cancellation).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, change.StatusCode);
        }
    }

    [Fact]
    public async Task What_is_too_old_to_be_kept_goes_without_a_trace_of_tampering()
    {
        _app.Clock.Turn(TimeSpan.FromDays(8));
        await _app.RestartAsync();
        using (await _app.Admin.DeleteAsync("/v3/users/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee", Cancellation))
        {
        }

        await Eventually.TrueAsync("old records are removed", TimeSpan.FromSeconds(20), async () =>
            (await GatewayModule.VerifyAuditAsync(_app.Services, Cancellation)).Records < 7);

        var check = await GatewayModule.VerifyAuditAsync(_app.Services, Cancellation);
        Assert.Empty(check.Problems);
        Assert.Equal(3, check.Chains);
    }

    private void Execute(string sql) => new Sabotage(Path.Combine(_app.DataDirectory, "gateway.db")).Execute(sql);
}
