using Microsoft.Extensions.Options;
using Stagedoor.Iam.Secrets;
using Stagedoor.Identity;
using Stagedoor.Identity.Secrets;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

public sealed class SecretsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_database_alone_gives_no_secret_away()
    {
        using var folder = new TemporaryFolder();
        FirstRunCredentials made;
        await using (var installation = new Installation(folder.Path))
        {
            made = (await installation.StartAsync())!;
        }

        var bytes = string.Concat(System.IO.Directory.EnumerateFiles(folder.Path, "gateway.db*").Select(f => System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(f))));

        Assert.Contains(made.AccessKey, bytes, StringComparison.Ordinal);
        Assert.DoesNotContain(made.SecretKey, bytes, StringComparison.Ordinal);
        Assert.DoesNotContain(made.Password, bytes, StringComparison.Ordinal);
        Assert.DoesNotContain("<value xmlns", bytes, StringComparison.Ordinal);
        Assert.DoesNotContain(File.ReadAllText(Path.Combine(folder.Path, "master.key")).Trim(), bytes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_that_changed_rows_do_not_open()
    {
        using var folder = new TemporaryFolder();
        await using var installation = new Installation(folder.Path);
        var made = (await installation.StartAsync())!;
        var other = (await IamModule.CreateAccountAsync(installation.Services, "other", Cancellation))!;
        Installation.Sabotage(folder.Path).Execute(
            $"UPDATE access_key SET secret = (SELECT secret FROM access_key WHERE access_key = '{other.AccessKey}') WHERE access_key = '{made.AccessKey}'");

        var fault = await Assert.ThrowsAsync<StorageException>(
            async () => await installation.Get<Identities>().FindAccessKeyAsync(made.AccessKey, Cancellation));

        Assert.Equal(StorageFault.Corrupt, fault.Fault);
        Assert.DoesNotContain(made.AccessKey, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_file_is_made_for_its_owner_only()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        using var folder = new TemporaryFolder();
        await using var installation = new Installation(folder.Path);
        await installation.StartAsync();

        var path = Path.Combine(folder.Path, "master.key");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(32, Convert.FromBase64String(File.ReadAllText(path).Trim()).Length);
    }

    [Theory]
    [InlineData("too short", "malformed")]
    [InlineData("c2hvcnQ=", "malformed")]
    [InlineData("", "malformed")]
    [InlineData(null, "missing")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "does not open the key ring")]
    public async Task A_wrong_master_key_stops_the_start_with_a_reason(string? content, string reason)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "master.key");
        await using (var before = new Installation(folder.Path))
        {
            await before.StartAsync();
        }

        if (content is null)
        {
            File.Delete(path);
        }
        else
        {
            File.WriteAllText(path, content);
        }

        await using var after = new Installation(folder.Path);
        var problem = await Assert.ThrowsAsync<MasterKeyException>(after.StartAsync);

        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
        Assert.Contains(path, problem.Message, StringComparison.Ordinal);
        Assert.Equal(content is not null, File.Exists(path));
    }

    [Fact]
    public async Task A_key_file_that_others_can_read_is_refused()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "master.key");
        File.WriteAllText(path, Convert.ToBase64String(new byte[32]));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        await using var installation = new Installation(folder.Path);

        var problem = await Assert.ThrowsAsync<MasterKeyException>(installation.StartAsync);

        Assert.Contains($"chmod 600 {path}", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistyped_key_file_of_an_installation_is_named_beside_the_usual_one()
    {
        using var folder = new TemporaryFolder();
        await using (var before = new Installation(folder.Path))
        {
            await before.StartAsync();
        }

        var (usual, mistyped) = (Path.Combine(folder.Path, "master.key"), Path.Combine(folder.Path, "mastre.key"));
        await using var after = new Installation(folder.Path, ("Gateway:MasterKeyFile", mistyped));
        var problem = await Assert.ThrowsAsync<MasterKeyException>(after.StartAsync);

        Assert.Contains(usual, problem.Message, StringComparison.Ordinal);
        Assert.Contains(mistyped, problem.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(mistyped));
    }

    [Fact]
    public async Task No_key_is_made_where_there_are_accounts_though_the_ring_is_gone()
    {
        using var folder = new TemporaryFolder();
        await using (var before = new Installation(folder.Path))
        {
            await before.StartAsync();
        }

        Installation.Sabotage(folder.Path).Execute("DELETE FROM key_ring");
        var mistyped = Path.Combine(folder.Path, "mastre.key");
        await using var after = new Installation(folder.Path, ("Gateway:MasterKeyFile", mistyped));

        await Assert.ThrowsAsync<MasterKeyException>(after.StartAsync);
        Assert.False(File.Exists(mistyped));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_open_key_file_that_is_another_as_well_is_told_at_once(bool isOther)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "master.key");
        await using (var before = new Installation(folder.Path))
        {
            await before.StartAsync();
        }

        if (isOther)
        {
            File.WriteAllText(path, Convert.ToBase64String(new byte[32]));
        }

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        await using var after = new Installation(folder.Path);
        var problem = await Assert.ThrowsAsync<MasterKeyException>(after.StartAsync);

        Assert.Contains($"chmod 600 {path}", problem.Message, StringComparison.Ordinal);
        Assert.Equal(isOther, problem.Message.Contains("than", StringComparison.Ordinal) && problem.Message.Contains("start with that one", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_master_key_may_come_from_the_configuration()
    {
        using var folder = new TemporaryFolder();
        var key = Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        await using (var before = new Installation(folder.Path, ("Gateway:MasterKey", key)))
        {
            await before.StartAsync();
        }

        await using var same = new Installation(folder.Path, ("Gateway:MasterKey", key));
        await using var other = new Installation(folder.Path, ("Gateway:MasterKey", Convert.ToBase64String(new byte[32])));

        Assert.Null(await same.StartAsync());
        Assert.False(File.Exists(Path.Combine(folder.Path, "master.key")));
        var problem = await Assert.ThrowsAsync<MasterKeyException>(other.StartAsync);
        Assert.Contains("Gateway:MasterKey", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ring_entry_that_is_not_encrypted_is_refused()
    {
        using var folder = new TemporaryFolder();
        await using var installation = new Installation(folder.Path);
        await installation.StartAsync();
        Installation.Sabotage(folder.Path).Execute("INSERT INTO key_ring (name, xml, created_at) VALUES ('forged', '<key id=\"x\"/>', 0)");

        await using var after = new Installation(folder.Path);

        await Assert.ThrowsAsync<MasterKeyException>(after.StartAsync);
    }

    [Fact]
    public async Task A_password_matches_itself_only()
    {
        using var hashing = new PasswordHashing();
        var passwords = new Passwords(Options.Create(new IamOptions { PasswordIterations = 10_000 }), hashing);
        var hash = passwords.Hash("correct-Horse-7");

        Assert.True(await hashing.VerifyAsync("correct-Horse-7", hash, default, TestContext.Current.CancellationToken));
        Assert.False(await hashing.VerifyAsync("correct-Horse-8", hash, default, TestContext.Current.CancellationToken));
        Assert.False(await hashing.VerifyAsync("", passwords.Unmatchable, default, TestContext.Current.CancellationToken));
        Assert.NotEqual(hash, passwords.Hash("correct-Horse-7"));
        Assert.True(new Passwords(Options.Create(new IamOptions()), hashing).IsOutdated(hash));
        Assert.False(passwords.IsOutdated(hash));
    }

    [Theory]
    [InlineData("1234567a", true)]
    [InlineData("123456a", false)]
    [InlineData("12345678", false)]
    [InlineData("Someone-1", false)]
    [InlineData("1-ENOEMOS", false)]
    public void A_password_has_a_minimum(string password, bool fine) =>
        Assert.Equal(fine, Passwords.Problem(password, "someone-1") is null);

    [Fact]
    public void A_password_has_a_maximum()
    {
        var longest = "a1" + new string('x', Passwords.MaximumLength - 2);

        Assert.Null(Passwords.Problem(longest, "someone"));
        Assert.NotNull(Passwords.Problem(longest + "x", "someone"));
    }
}
