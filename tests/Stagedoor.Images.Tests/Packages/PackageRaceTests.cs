using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>Changes of packages whose transactions are open at the same time.</summary>
public sealed class PackageRaceTests(SharedPackages images) : IClassFixture<SharedPackages>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly byte[] s_one = Installation.Random(1000);
    private static readonly byte[] s_two = Installation.Random(2000);
    private static int s_names;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("create repository", "create repository", 201, 409)]
    [InlineData("create repository", "delete organization", 201, 204)]
    [InlineData("delete organization", "create repository", 204, 404)]
    [InlineData("create package", "create package", 201, 409)]
    [InlineData("create package", "delete repository", 201, 406)]
    [InlineData("delete repository", "create package", 204, 404)]
    [InlineData("create package", "delete organization", 201, 406)]
    [InlineData("delete organization", "create package", 204, 404)]
    [InlineData("change package", "delete package", 201, 204)]
    [InlineData("delete package", "change package", 204, 404)]
    [InlineData("create version", "create version", 201, 409)]
    [InlineData("create version", "delete package", 201, 406)]
    [InlineData("delete package", "create version", 204, 404)]
    [InlineData("change version", "delete version", 201, 204)]
    [InlineData("delete version", "change version", 204, 404)]
    [InlineData("delete version", "delete version", 204, 404)]
    [InlineData("delete file", "delete file", 204, 404)]
    [InlineData("delete file", "delete version", 204, 204)]
    [InlineData("sign", "sign", 201, 201)]
    [InlineData("sign", "unsign", 201, 404)]
    [InlineData("sign", "delete file", 201, 204)]
    [InlineData("sign", "delete version", 201, 204)]
    [InlineData("delete version", "sign", 204, 404)]
    public async Task The_second_sees_what_the_first_has_done(string first, string second, int one, int two)
    {
        var database = images.Require();
        var place = await PlaceAsync(first, second);
        if (first is "sign")
        {
            // The pair is there, so that the transaction that is held is the one of the signature.
            await images.DoAsync(HttpMethod.Get, $"{images.Of(place)}/pubkey", status: 200);
        }

        using var held = images.Gate.HoldNextOfRequest("images");
        var ahead = RunAsync(first, place);
        await Eventually.TrueAsync($"{first} before its commit", s_patience, () => held.IsReached || ahead.IsCompleted);
        var behind = RunAsync(second, place);
        await Eventually.TrueAsync($"{second} done or waiting", s_patience, async () => behind.IsCompleted || await database.HasWaitersAsync());
        held.Release();

        Assert.Equal((one, two), (await ahead, await behind));
        await NothingIsLooseAsync();
    }

    // An upload has four transactions before its file: that it begins, that its bytes are asked for and recorded, and the file itself.
    [Theory]
    [InlineData("delete version")]
    [InlineData("delete file")]
    [InlineData("upload another")]
    public async Task What_happens_beside_an_upload_leaves_the_one_or_the_other(string beside)
    {
        images.Require();
        for (var after = 0; after < 6; after++)
        {
            var place = await PlaceAsync("", "");
            await images.UploadAsync(VersionOf(place), "b.jar", s_one);
            using var held = images.Gate.HoldNextOfRequest("images", after);
            var upload = PutAsync(place, s_two);
            await Eventually.TrueAsync("the upload at its transaction", s_patience, () => held.IsReached || upload.IsCompleted);
            var other = beside switch
            {
                "delete version" => RunAsync("delete version", place),
                "delete file" => SendAsync(HttpMethod.Delete, $"{VersionOf(place)}/file_paths/b.jar", null),
                _ => PutAsync(place, s_one),
            };
            await Eventually.TrueAsync("the other done or waiting", s_patience, async () => other.IsCompleted || await images.Require().HasWaitersAsync());
            held.Release();
            var (uploaded, done) = (await upload, await other);

            Assert.Contains(uploaded, (int[])[201, 404]);
            Assert.Contains(done, (int[])[201, 204, 404]);
            using var got = await images.App.Admin.GetAsync($"{VersionOf(place)}/file_paths/b.jar", Cancellation);
            if ((int)got.StatusCode == 200)
            {
                var content = await got.Content.ReadAsByteArrayAsync(Cancellation);
                Assert.True(content.AsSpan().SequenceEqual(s_one) || content.AsSpan().SequenceEqual(s_two), "a mix of two uploads");
                Assert.Equal($"\"{Installation.DigestOf(content)[7..]}\"", got.Headers.ETag!.Tag);
            }

            await NothingIsLooseAsync();
        }
    }

    [Fact]
    public async Task An_upload_whose_database_goes_away_at_any_step_leaves_the_old_file_or_the_new_one()
    {
        images.Require();
        var place = await PlaceAsync("", "");
        var failures = 0;
        for (var after = 0; after < 7; after++)
        {
            await images.UploadAsync(VersionOf(place), "b.jar", s_one);
            var content = Installation.Random(500);
            using var held = images.Gate.HoldNextOfRequest("images", after);
            var upload = PutAsync(place, content);
            await Eventually.TrueAsync("the upload at its transaction", s_patience, () => held.IsReached || upload.IsCompleted);
            if (!held.IsReached)
            {
                break;
            }

            held.Break();
            Assert.Equal(500, await upload);
            failures++;
            var got = await images.App.Admin.GetByteArrayAsync($"{VersionOf(place)}/file_paths/b.jar", Cancellation);
            Assert.True(got.AsSpan().SequenceEqual(s_one) || got.AsSpan().SequenceEqual(content), "a mix of two uploads");
            var meta = await images.ReadAsync($"{images.Of(place)}/repositories/{place}/meta");
            Assert.Contains(Installation.DigestOf(got)[7..], meta.GetRawText(), StringComparison.Ordinal);
            Assert.Equal(201, await PutAsync(place, content));
            await NothingIsLooseAsync();
        }

        Assert.True(failures >= 4, $"only {failures} steps were broken");
    }

    [Fact]
    public async Task Whoever_waits_for_too_long_is_told_to_come_again()
    {
        var database = images.Require();
        var place = await PlaceAsync("", "");
        // Both statements are one transaction.
        var holding = database.QueryAsync($"SELECT name FROM images.package_repos WHERE name = '{place}' FOR UPDATE; SELECT PG_SLEEP(8)::text");
        await Eventually.TrueAsync("the row held", s_patience, async () =>
            (await database.QueryAsync("SELECT query FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = CURRENT_DATABASE()")).Count > 0);

        await images.ShouldRefuseAsync(HttpMethod.Delete, VersionOf(place), null, 409, "4090023");
        await holding;
        Assert.Equal(204, await RunAsync("delete version", place));
    }

    [Fact]
    public async Task Many_uploads_at_once_are_all_in_the_meta_file()
    {
        images.Require();
        var place = await PlaceAsync("", "");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            using var response = await PackageInstallation.PutAsync(images.App.Admin, VersionOf(place), $"f{i % 10}.jar", Installation.Random(100 + i));
            return (int)response.StatusCode;
        }));

        Assert.All(answers, a => Assert.Equal(201, a));
        var meta = await images.ReadAsync($"{images.Of(place)}/repositories/{place}/meta");
        var shown = meta.GetProperty("packages")[0].GetProperty("versions")[0].GetProperty("files").EnumerateArray()
            .Select(f => $"{f.GetProperty("name")} {f.GetProperty("sha256")}").Order(StringComparer.Ordinal);
        var listed = (await images.ReadAsync($"{VersionOf(place)}/file_paths")).EnumerateArray()
            .Select(f => $"{f.GetProperty("name")} {f.GetProperty("sha256")}").Order(StringComparer.Ordinal);
        Assert.Equal(listed, shown);
    }

    private static string VersionOf(string place, SharedPackages images) => $"{images.Of(place)}/repositories/{place}/packages/{place}-app/versions/1.0";

    private string VersionOf(string place) => VersionOf(place, images);

    // An organization of its own with a repository, a package, its version and a file of that, as far as the two need them.
    private async Task<string> PlaceAsync(string first, string second)
    {
        var place = $"race-{Interlocked.Increment(ref s_names)}";
        await images.CreateOrganizationAsync(place);
        if (Needs("create repository"))
        {
            return place;
        }

        var version = await images.CreateAsync(place, organization: place);
        await images.UploadAsync(version, "a.jar", s_one);
        if (Needs("create package") || Needs("delete package") || Needs("delete repository"))
        {
            await images.DoAsync(HttpMethod.Delete, version, status: 204);
        }

        if (Needs("create package") || Needs("delete repository"))
        {
            await images.DoAsync(HttpMethod.Delete, version[..version.IndexOf("/versions", StringComparison.Ordinal)], status: 204);
        }

        return place;

        bool Needs(string what) => first == what || second == what;
    }

    private Task<int> RunAsync(string change, string place)
    {
        var repository = $"{images.Of(place)}/repositories/{place}";
        var package = $"{repository}/packages/{place}-app";
        return change switch
        {
            "create repository" => SendAsync(HttpMethod.Post, $"{images.Of(place)}/repositories", $$"""{"name":"{{place}}","type":"app","is_public":false}"""),
            "delete repository" => SendAsync(HttpMethod.Delete, repository, null),
            "delete organization" => SendAsync(HttpMethod.Delete, $"/v2/manage/namespaces/{place}", null),
            "create package" => SendAsync(HttpMethod.Post, $"{repository}/packages", $$"""{"name":"{{place}}-app","type":"app"}"""),
            "change package" => SendAsync(HttpMethod.Patch, package, """{"description":"x"}"""),
            "delete package" => SendAsync(HttpMethod.Delete, package, null),
            "create version" => SendAsync(HttpMethod.Post, $"{package}/versions", """{"version":"2.0"}"""),
            "change version" => SendAsync(HttpMethod.Patch, VersionOf(place), """{"description":"x"}"""),
            "delete version" => SendAsync(HttpMethod.Delete, VersionOf(place), null),
            "delete file" => SendAsync(HttpMethod.Delete, $"{VersionOf(place)}/file_paths/a.jar", null),
            "sign" => SendAsync(HttpMethod.Put, $"{VersionOf(place)}/signature", null),
            "unsign" => SendAsync(HttpMethod.Delete, $"{VersionOf(place)}/signature", null),
            _ => throw new ArgumentOutOfRangeException(nameof(change), change, null),
        };
    }

    private async Task<int> PutAsync(string place, byte[] content)
    {
        using var response = await PackageInstallation.PutAsync(images.App.Admin, VersionOf(place), "b.jar", content);
        return (int)response.StatusCode;
    }

    private async Task<int> SendAsync(HttpMethod method, string path, string? body)
    {
        using var request = body is null ? new HttpRequestMessage(method, path) : PackageInstallation.Json(method, path, body);
        using var response = await images.App.Admin.SendAsync(request, Cancellation);
        return (int)response.StatusCode;
    }

    private async Task NothingIsLooseAsync()
    {
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        foreach (var (child, column, parent) in ((string, string, string)[])
            [
                ("package_repos", "organization_id", "organizations"), ("packages", "package_repo_id", "package_repos"), ("package_versions", "package_id", "packages"),
                ("package_files", "version_id", "package_versions"), ("package_signatures", "version_id", "package_versions"),
                ("package_links", "package_repo_id", "package_repos"), ("package_meta", "package_repo_id", "package_repos"), ("package_keys", "organization_id", "organizations"),
            ])
        {
            var loose = await db.FindAsync<long>($"SELECT COUNT(*) FROM {child} c WHERE NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.id = c.{column})", null, Cancellation);
            Assert.True(loose == 0, $"{child} without {parent}: {loose}");
        }
    }
}
