using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>Meta files and signatures: X1 to X5.</summary>
public sealed class PackageSignatureTests(PackageInstallation images) : IClassFixture<PackageInstallation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_meta_file_lists_everything_with_its_hashes()
    {
        var version = await images.CreateAsync("listed");
        var content = Installation.Random(30);
        await images.UploadAsync(version, "a.jar", content);
        await images.DoAsync(HttpMethod.Post, $"{images.Team}/repositories/listed/packages", """{"name":"listed-empty","type":"app","description":"组织"}""");

        using var response = await images.App.Admin.GetAsync($"{images.Team}/repositories/listed/meta", Cancellation);

        await Installation.ShouldBeAsync(response, 200);
        var bytes = await response.Content.ReadAsByteArrayAsync(Cancellation);
        Assert.Equal($"\"{Installation.DigestOf(bytes)[7..]}\"", response.Headers.ETag!.Tag);
        using var json = JsonDocument.Parse(bytes);
        Assert.Equal(
            $$$"""
            {"domain_name":"{{{images.App.FirstRun.Domain}}}","namespace":"team","repository":"listed","packages":[{"name":"listed-app","is_public":false,"description":"","versions":[{"version":"1.0","description":"","files":[{"name":"a.jar","size":30,"sha256":"{{{Installation.DigestOf(content)[7..]}}}"}]}]},{"name":"listed-empty","is_public":false,"description":"组织","versions":[]}]}
            """,
            Compact(json.RootElement));
    }

    [Fact]
    public async Task A_meta_file_of_many_packages_is_whole()
    {
        var version = await images.CreateAsync("many");
        var sabotage = images.App.Sabotage("images");
        sabotage.Execute(
            """
            INSERT INTO packages (id, organization_id, package_repo_id, name, is_public, description, manifests, creator_id, creator_name, created_at, updated_at)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 350)
            SELECT 1000000 + i, r.organization_id, r.id, 'many-' || i, 0, '', '{}', '', '', 0, 0 FROM n, package_repos r WHERE r.name = 'many'
            """);
        await images.UploadAsync(version, "a.jar", [1]);

        var packages = (await images.ReadAsync($"{images.Team}/repositories/many/meta")).GetProperty("packages");

        Assert.Equal(351, packages.EnumerateArray().Select(p => p.GetProperty("name").GetString()).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task The_signature_of_a_version_is_of_its_sorted_hashes()
    {
        var version = await images.CreateAsync("signed");
        byte[][] files = [Installation.Random(10), Installation.Random(20), Installation.Random(30)];
        for (var i = 0; i < files.Length; i++)
        {
            await images.UploadAsync(version, $"f{i}.jar", files[i]);
        }

        JsonElement made;
        using (var response = await images.App.Admin.PutAsync($"{version}/signature", null, Cancellation))
        {
            await Installation.ShouldBeAsync(response, 201);
            made = (await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(Cancellation), cancellationToken: Cancellation)).RootElement;
        }

        Assert.Equal(["algorithm", "signature", "created_at"], made.EnumerateObject().Select(m => m.Name));
        Assert.Equal("RSA-PSS-SHA256", made.GetProperty("algorithm").GetString());
        Assert.Equal(made.GetRawText(), (await images.ReadAsync($"{version}/signature")).GetRawText());
        var list = string.Concat(files.Select(f => Installation.DigestOf(f)[7..] + "\n").Order(StringComparer.Ordinal));
        Assert.True(await IsSignedAsync(Encoding.ASCII.GetBytes(list), made.GetProperty("signature").GetString()!));

        // What it was of is no more what is there.
        await images.UploadAsync(version, "f3.jar", [1]);
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{version}/signature", null, 404, "4040004");
        await images.DoAsync(HttpMethod.Put, $"{version}/signature");
        await images.DoAsync(HttpMethod.Delete, $"{version}/signature", status: 204);
        await images.ShouldRefuseAsync(HttpMethod.Delete, $"{version}/signature", null, 404, "4040004");
    }

    [Fact]
    public async Task The_signature_of_the_meta_file_is_of_its_bytes()
    {
        var version = await images.CreateAsync("meta-signed");
        await images.UploadAsync(version, "a.jar", [1]);
        var meta = await images.App.Admin.GetByteArrayAsync($"{images.Team}/repositories/meta-signed/meta", Cancellation);

        var signature = await images.App.Admin.GetStringAsync($"{images.Team}/repositories/meta-signed/metasign", Cancellation);

        Assert.True(await IsSignedAsync(meta, signature));
        Assert.False(await IsSignedAsync([.. meta, (byte)' '], signature));
    }

    [Fact]
    public async Task Each_organization_has_a_pair_of_its_own()
    {
        await images.CreateOrganizationAsync("keyed");

        Assert.NotEqual(await KeyAsync(images.Team), await KeyAsync(images.Of("keyed")));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000018")]
    [Provokes("SVCSTG.SWR.5000037")]
    public async Task A_damaged_pair_is_told_by_its_half()
    {
        await images.CreateOrganizationAsync("locked");
        var version = await images.CreateAsync("locked", organization: "locked");
        var key = await KeyAsync(images.Of("locked"));
        var sabotage = images.App.Sabotage("images");
        const string Where = "WHERE organization_id = (SELECT id FROM organizations WHERE name = 'locked')";
        sabotage.Execute($"UPDATE package_keys SET public_key = 'x' || public_key || 'x', protected_key = protected_key {Where}");
        sabotage.Execute($"UPDATE package_keys SET public_key = REPLACE(public_key, 'BEGIN', 'BEGUN') {Where}");
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{images.Of("locked")}/pubkey", null, 500, "5000018");
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{images.Of("locked")}/repositories/locked/metasign", null, 500, "5000018");
        sabotage.Execute($"UPDATE package_keys SET public_key = '{key}' {Where}");
        sabotage.Execute($"UPDATE package_keys SET protected_key = 'x' || protected_key {Where}");
        await images.ShouldRefuseAsync(HttpMethod.Put, $"{version}/signature", null, 500, "5000037");
        await images.ShouldRefuseAsync(HttpMethod.Get, $"{images.Of("locked")}/repositories/locked/metasign", null, 500, "5000037");

        sabotage.Execute($"UPDATE package_keys SET protected_key = SUBSTR(protected_key, 2) {Where}");
        await images.DoAsync(HttpMethod.Put, $"{version}/signature");
        Assert.Equal(key, await KeyAsync(images.Of("locked")));
    }

    private Task<string> KeyAsync(string organization) => images.App.Admin.GetStringAsync($"{organization}/pubkey", Cancellation);

    // As `openssl dgst -sha256 -sigopt rsa_padding_mode:pss -verify` does it.
    private async Task<bool> IsSignedAsync(byte[] content, string signature)
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(await KeyAsync(images.Team));
        return rsa.VerifyData(content, Convert.FromBase64String(signature), HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
    }

    private static string Compact(JsonElement element) =>
        System.Text.Json.Nodes.JsonNode.Parse(element.GetRawText())!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

/// <summary>Without the setting nothing is signed.</summary>
public sealed class WithoutSigningPackageTests(WithoutSigningPackageTests.WithoutSigning images) : IClassFixture<WithoutSigningPackageTests.WithoutSigning>
{
    [Theory]
    [InlineData("GET", "/pubkey")]
    [InlineData("GET", "/repositories/none/metasign")]
    [InlineData("PUT", "/repositories/none/packages/none/versions/1/signature")]
    [InlineData("GET", "/repositories/none/packages/none/versions/1/signature")]
    [InlineData("DELETE", "/repositories/none/packages/none/versions/1/signature")]
    [Provokes("SVCSTG.SWR.5000017")]
    public async Task Signing_is_off_by_default(string method, string path) => await images.ShouldRefuseAsync(new(method), images.Team + path, null, 500, "5000017");

    /// <summary>As it is without settings.</summary>
    public sealed class WithoutSigning : PackageInstallation
    {
        protected override IEnumerable<(string Key, string Value)> Settings => [];
    }
}
