using Stagedoor.Addons.Instances;
using Xunit;

namespace Stagedoor.Addons.Tests.Instances;

/// <summary>Whose images may not be deleted, since an add-on runs them.</summary>
public sealed class ImageHolderTests
{
    private const string First = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
    private const string Second = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

    public static TheoryData<string> Engines { get; } = ["sqlite", "postgresql"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("swr.example.com/team/app:1.0", "team/app", "1.0", "")]
    [InlineData("127.0.0.1:5000/team/app", "team/app", "latest", "")]
    [InlineData("localhost/team/sub/app:1", "team/sub/app", "1", "")]
    [InlineData("swr.example.com/team/app@" + First, "team/app", "", First)]
    [InlineData("swr.example.com/team/app:1.0@" + First, "team/app", "1.0", First)]
    public void An_image_of_a_registry_is_read(string reference, string repository, string tag, string digest) =>
        Assert.Equal(new(repository, tag, digest), RunImage.Read(reference));

    [Theory]
    [InlineData("nginx")]
    [InlineData("library/nginx:1")]
    [InlineData("/team/app:1")]
    [InlineData("swr.example.com/")]
    [InlineData("swr.example.com/:1")]
    [InlineData("swr.example.com/team/a\0pp:1")]
    public void What_is_of_no_registry_holds_nothing(string reference) => Assert.Null(RunImage.Read(reference));

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task What_is_installed_and_what_is_on_its_way_holds_its_images_and_no_more(string engine)
    {
        await using var rig = await InstanceRig.StartAsync(engine);
        await rig.PublishAsync("1.1.0", Deployment("swr.example.com/team/app:1.1", "swr.example.com/team/init@" + First));
        await rig.PublishAsync("1.2.0", Deployment("swr.example.com/team/app:1.2", "swr.example.com/team/init@" + Second));
        await rig.WorkAsync();

        await rig.InstallAsync(InstanceRig.New(version: "1.1.0"));
        await rig.WaitAsync(static i => i?.Status is InstanceStatus.Running, "the install");
        Assert.Equal([new ImageHolder("1.1", "add-on", "probe in cluster demo")], await FindAsync(rig, "team/app", new TaggedImage("1.1", Second), new TaggedImage("1.2", First)));
        Assert.Equal([new ImageHolder("any", "add-on", "probe in cluster demo")], await FindAsync(rig, "team/init", new TaggedImage("any", First), new TaggedImage("other", Second)));
        Assert.Empty(await FindAsync(rig, "team/ap", new TaggedImage("1.1", First)));
        Assert.Empty(await FindAsync(rig, "team/app"));

        var seen = (await rig.FindAsync())!;
        await rig.Store.BeginAsync(
            seen, InstanceRig.Next(seen, InstanceOperation.Upgrade) with { Version = "1.2.0", TargetVersion = "1.2.0" }, static (_, _) => null, Cancellation);
        await rig.WaitAsync(static i => i is { Status: InstanceStatus.Running, Version: "1.2.0" }, "the upgrade");
        Assert.Equal(["1.2"], (await FindAsync(rig, "team/app", new TaggedImage("1.1", First), new TaggedImage("1.2", First))).Select(static h => h.Tag));

        await rig.BeginAsync(InstanceOperation.Delete);
        await rig.WaitAsync(static i => i is null, "the removal");
        Assert.Empty(await FindAsync(rig, "team/app", new TaggedImage("1.1", First), new TaggedImage("1.2", First)));
    }

    private static Task<IReadOnlyList<ImageHolder>> FindAsync(InstanceRig rig, string repository, params TaggedImage[] images) =>
        rig.Images.FindHoldersAsync(repository, images, Cancellation);

    private static string Deployment(string image, string init) => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: app}
        spec:
          template:
            spec:
              initContainers: [{name: i, image: "{{init}}"}]
              containers: [{name: a, image: "{{image}}"}, {name: b, image: "{{image}}"}]
        """;
}
