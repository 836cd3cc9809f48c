-- The stores that the rules with labels are for: those that have one of the wanted
-- values of each wanted name. A store has one value of each name, so it has as many
-- matches as there are names.
create temporary table chosen_store on commit drop as
with

wanted as not materialized (
    select
        r.rule_id,
        split_part(w.label, ':', 1) as name,
        substr(w.label, strpos(w.label, ':') + 1) as value
    from alert_rule as r
    cross join unnest(r.labels) as w (label)
),

names as (
    select
        rule_id,
        count(distinct name) as names
    from wanted
    group by rule_id
)

select
    w.rule_id,
    l.store_id
from wanted as w
inner join names as n on w.rule_id = n.rule_id
inner join store_label as l on w.name = l.name and w.value = l.value
group by w.rule_id, l.store_id, n.names
having count(*) = n.names
