from django.db import migrations, models

# The stores that users were granted by their id, which may be unknown.
GRANTED_STORE = """
    create view granted_store as
    select user_id, store_id
    from access_grant
    where user_id is not null and store_id is not null
    union all
    select m.user_id, g.store_id
    from access_grant as g
    inner join auth_user_groups as m on g.group_id = m.group_id
    where g.store_id is not null
"""
# The known stores that users were granted, by their id or by a label, which holds for
# the stores that have it now. Grants are few beside the labels of all stores, so they
# are joined to these once. Each branch has rows of stores: a cluster finds them where
# the store is.
VISIBLE_STORE = """
    create or replace view visible_store as
    select g.user_id, s.store_id
    from access_grant as g
    inner join store as s on g.store_id = s.store_id
    where g.user_id is not null
    union all
    select m.user_id, s.store_id
    from access_grant as g
    inner join auth_user_groups as m on g.group_id = m.group_id
    inner join store as s on g.store_id = s.store_id
    union all
    select g.user_id, l.store_id
    from access_grant as g
    inner join store_label as l on g.label_name = l.name and g.label_value = l.value
    where g.user_id is not null
    union all
    select m.user_id, l.store_id
    from access_grant as g
    inner join auth_user_groups as m on g.group_id = m.group_id
    inner join store_label as l on g.label_name = l.name and g.label_value = l.value
"""
VISIBLE_BEFORE = """
    create or replace view visible_store as
    select user_id, store_id
    from access_grant
    where user_id is not null and store_id is not null
    union all
    select m.user_id, g.store_id
    from access_grant as g
    inner join auth_user_groups as m on g.group_id = m.group_id
    where g.store_id is not null
    union all
    select w.user_id, l.store_id
    from (
        select user_id, label_name, label_value
        from access_grant
        where user_id is not null and label_name is not null
        union all
        select m.user_id, g.label_name, g.label_value
        from access_grant as g
        inner join auth_user_groups as m on g.group_id = m.group_id
        where g.label_name is not null
    ) as w
    inner join store_label as l
        on w.label_name = l.name and w.label_value = l.value
"""
# The excused time of each known store. Its branches have rows of stores as well.
STORE_EXCUSED = """
    create or replace view store_excused as
    select s.store_id, e.excused_id, e.starts_at, e.ends_at
    from excused_time as e
    inner join store as s on e.store_id = s.store_id
    union all
    select l.store_id, e.excused_id, e.starts_at, e.ends_at
    from excused_time as e
    inner join store_label as l
        on l.name = split_part(e.label, ':', 1)
        and l.value = substr(e.label, strpos(e.label, ':') + 1)
    where e.label <> 'all'
    union all
    select s.store_id, e.excused_id, e.starts_at, e.ends_at
    from excused_time as e
    cross join store as s
    where e.label = 'all'
"""
EXCUSED_BEFORE = """
    create or replace view store_excused as
    select store_id, excused_id, starts_at, ends_at
    from excused_time
    where store_id is not null
    union all
    select l.store_id, e.excused_id, e.starts_at, e.ends_at
    from excused_time as e
    inner join store_label as l
        on l.name = split_part(e.label, ':', 1)
        and l.value = substr(e.label, strpos(e.label, ':') + 1)
    where e.label <> 'all'
    union all
    select s.store_id, e.excused_id, e.starts_at, e.ends_at
    from excused_time as e
    cross join store as s
    where e.label = 'all'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("stores", "0012_excused_time"),
    ]

    operations = [
        migrations.RunSQL(GRANTED_STORE, "drop view granted_store"),
        migrations.RunSQL(VISIBLE_STORE, VISIBLE_BEFORE),
        migrations.RunSQL(STORE_EXCUSED, EXCUSED_BEFORE),
        migrations.CreateModel(
            name="GrantedStore",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id",
                        "store_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("user_id", models.IntegerField()),
                ("store_id", models.TextField()),
            ],
            options={
                "db_table": "granted_store",
                "managed": False,
            },
        ),
    ]
